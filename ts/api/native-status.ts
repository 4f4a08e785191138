/** Whether the C++ addon can be used in this process, and why not. */
export { type NativeStatus, nativeStatus } from '../data-plane/drivers.js';
