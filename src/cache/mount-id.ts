/** The file in the directory of a cache mount that has its id: that is not to be had from the name. */
export const mountIdFile = 'id'
