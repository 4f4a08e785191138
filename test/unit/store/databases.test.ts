import { describeDatabase } from '../../contracts/database-contract.js';
import { DATABASES } from '../../helpers/database-crew.js';

for (const kind of DATABASES) describeDatabase(kind);
