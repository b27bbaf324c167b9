import type { OpenedImage } from '../../index.ts'
import type { Session } from '../session.ts'
export async function exploreOnScreen(
  _session: Session,
  _name: string,
  _image: OpenedImage,
  _f: () => object,
): Promise<void> {}
