// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { describe, expect, it } from 'vitest'
import { listErrors } from '../../scripts/list-errors.ts'
import { excerpt } from '../../src/cli/text/excerpt.ts'
import type { TsbuildError } from '../../src/errors.ts'
import { imageConfig, planError } from '../support/planning.ts'

/** A Dockerfile in which the part to blame stands between `⟦` and `⟧`, the code, and what to do about it. */
type Row = readonly [marked: string, code: string, hint: string]

const tables: Readonly<Record<string, readonly Row[]>> = {
  'the file': [
    ['', 'TSB_DOCKERFILE_EMPTY', 'a Dockerfile begins with FROM'],
    ['⟦# only comments⟧', 'TSB_DOCKERFILE_EMPTY', 'a Dockerfile begins with FROM'],
    ['⟦RUN true⟧', 'TSB_NO_STAGE', 'only ARG may stand before the first FROM'],
    ['⟦ARG A=1⟧', 'TSB_NO_STAGE', 'add a FROM below'],
    ['FROM busybox\n⟦COYP⟧ a /', 'TSB_UNKNOWN_INSTRUCTION', 'did you mean "COPY"?'],
    ['FROM busybox\n⟦RUNN⟧ true', 'TSB_UNKNOWN_INSTRUCTION', 'did you mean "RUN"?'],
    [
      'FROM busybox\n⟦XYZZY⟧ true',
      'TSB_UNKNOWN_INSTRUCTION',
      'the instructions are ADD, ARG, CMD, COPY, ENTRYPOINT, ENV, EXPOSE, FROM, HEALTHCHECK, LABEL, MAINTAINER, ONBUILD, RUN, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR',
    ],
    [
      'FROM busybox\nRUN true &&\n  ⟦echo⟧ x',
      'TSB_UNKNOWN_INSTRUCTION',
      'when this belongs to the instruction above, end the line before it with \\',
    ],
    [
      '# escape=`\nFROM busybox\nRUN true\n⟦&&⟧ echo x',
      'TSB_UNKNOWN_INSTRUCTION',
      'when this belongs to the instruction above, end the line before it with `',
    ],
    ['⟦FRMO⟧ busybox', 'TSB_UNKNOWN_INSTRUCTION', 'did you mean "FROM"?'],
    ['⟦# escape=x⟧\nFROM busybox', 'TSB_BAD_DIRECTIVE', 'write # escape=\\ or # escape=`'],
    ['# escape=\\\n⟦# escape=\\⟧\nFROM busybox', 'TSB_BAD_DIRECTIVE', 'remove one of the two lines'],
    [
      '⟦# syntax=example.com/frontend⟧\nFROM busybox',
      'TSB_UNSUPPORTED_FRONTEND',
      'remove the line or name docker/dockerfile:1; --build-arg BUILDKIT_SYNTAX=dockerfile.v0 passes over it',
    ],
    [
      '⟦# check=skp=all⟧\nFROM busybox',
      'TSB_CHECK_OPTIONS',
      'write # check=skip=RULE,RULE;error=true, or skip=all; a blank ends it',
    ],
    [
      '⟦# check=error=maybe⟧\nFROM busybox',
      'TSB_CHECK_OPTIONS',
      'write # check=skip=RULE,RULE;error=true, or skip=all; a blank ends it',
    ],
    [
      'FROM scratch\nCOPY <<"EOF /a\n⟦x⟧\nEOF',
      'TSB_UNKNOWN_INSTRUCTION',
      'the instructions are ADD, ARG, CMD, COPY, ENTRYPOINT, ENV, EXPOSE, FROM, HEALTHCHECK, LABEL, MAINTAINER, ONBUILD, RUN, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR',
    ],
    [
      '# check=error=true\nFROM busybox AS Up',
      'TSB_CHECK_FAILED',
      'see each with tsbuild --check, and mend it or add it to # check=skip=',
    ],
  ],
  FROM: [
    ['⟦FROM⟧', 'TSB_BAD_FROM', 'write FROM IMAGE or FROM IMAGE AS NAME'],
    ['FROM busybox ⟦base⟧', 'TSB_BAD_FROM', 'write FROM busybox AS base'],
    ['FROM busybox ⟦AS⟧', 'TSB_BAD_FROM', 'write FROM busybox AS NAME'],
    ['FROM busybox AS ⟦1st⟧', 'TSB_BAD_STAGE_NAME', 'use letters, digits, "-", "_" and ".", a letter first'],
    ['FROM busybox AS a ⟦b⟧', 'TSB_BAD_FROM', 'write FROM busybox AS a'],
    ['FROM busybox ⟦AZ⟧ base', 'TSB_BAD_FROM', 'write FROM busybox AS base'],
    [
      'ARG TAG\nFROM ⟦busybox:$TAG⟧',
      'TSB_REFERENCE_FORMAT',
      'give it a value: ARG TAG=DEFAULT before the first FROM, or --build-arg TAG=VALUE',
    ],
    ['FROM ⟦--platfrom=linux/amd64⟧ busybox', 'TSB_UNKNOWN_FLAG', 'did you mean "--platform"?'],
    ['FROM ⟦--platform⟧ busybox', 'TSB_BAD_FLAG', 'write --platform=VALUE'],
    ['FROM ⟦--platform=⟧ busybox', 'TSB_PLATFORM_FORMAT', 'write --platform=linux/amd64, or leave it out'],
    [
      'FROM --platform=⟦lunix/amd64⟧ busybox',
      'TSB_PLATFORM_FORMAT',
      'a platform is os/architecture[/variant], such as linux/amd64 or linux/arm/v7',
    ],
    ['FROM --platform=⟦linux/amd46⟧ busybox', 'TSB_PLATFORM_FORMAT', 'did you mean "linux/amd64"?'],
    ['FROM --platform=⟦$TARGETPLATFROM⟧ busybox', 'TSB_PLATFORM_FORMAT', 'did you mean "TARGETPLATFORM"?'],
    ['ARG VERSION=1\nFROM ⟦$VERSON⟧', 'TSB_FROM_BLANK', 'did you mean "VERSION"?'],
    [
      'FROM ⟦$NOTHING⟧',
      'TSB_FROM_BLANK',
      'give it a value: ARG NOTHING=DEFAULT before the first FROM, or --build-arg NOTHING=VALUE',
    ],
    ['FROM ⟦busybox:${TAG⟧', 'TSB_EXPANSION_SYNTAX', 'close it with }'],
    ['FROM ⟦Busybox⟧', 'TSB_REFERENCE_FORMAT', 'did you mean "busybox"? The path of a name is in lower case'],
    ['FROM busybox AS build\nFROM ⟦biuld⟧', 'TSB_IMAGE_NOT_FOUND', 'did you mean "build"?'],
    ['FROM ⟦b⟧ AS a\nFROM a AS b', 'TSB_IMAGE_NOT_FOUND', 'stage "b" stands below: move it above this line'],
    [
      'FROM busybox AS a\nCOPY --from=b / /\n⟦FROM a AS b⟧',
      'TSB_STAGE_CYCLE',
      'each of these needs the next: a (Dockerfile:1) -> b (Dockerfile:3) -> a (Dockerfile:1)',
    ],
    ['FROM ⟦nothere:1⟧', 'TSB_IMAGE_NOT_FOUND', 'no stage above has this name either: check the name and the tag'],
    [
      'FROM --platform=⟦linux/arm64/v8/x⟧ busybox',
      'TSB_PLATFORM_FORMAT',
      'a platform is os/architecture[/variant], such as linux/amd64 or linux/arm/v7',
    ],
    ['FROM ⟦busybox:⟧', 'TSB_REFERENCE_FORMAT', 'a name is [registry/]path[:tag][@sha256:…], the path in lower case'],
    [
      'FROM ⟦busybox@sha256:12⟧',
      'TSB_REFERENCE_FORMAT',
      'a name is [registry/]path[:tag][@sha256:…], the path in lower case',
    ],
    ['FROM busybox:a ⟦b:c⟧', 'TSB_BAD_FROM', 'write FROM busybox:a AS b:c'],
    [
      'FROM --platform=linux/arm64/v8 ⟦Busybox⟧',
      'TSB_REFERENCE_FORMAT',
      'did you mean "busybox"? The path of a name is in lower case',
    ],
  ],
  ARG: [
    ['FROM busybox\nARG ⟦=1⟧', 'TSB_BAD_PAIR', 'write a name before the ='],
    ['FROM busybox\n⟦ARG⟧', 'TSB_MISSING_ARGUMENT', 'write ARG NAME or ARG NAME=DEFAULT'],
    [
      'ARG ⟦SOURCE_DATE_EPOCH=yesterday⟧\nFROM busybox',
      'TSB_EPOCH',
      'give the seconds since 1970, such as $(git log -1 --format=%ct), or the name of a context or stage',
    ],
    ['FROM busybox\nARG A=⟦${X?}⟧', 'TSB_EXPANSION_UNSET', 'give it a value, as with --build-arg X=VALUE'],
    ['ARG A=⟦${B⟧\nFROM busybox', 'TSB_EXPANSION_SYNTAX', 'close it with }'],
  ],
  'ENV and LABEL': [
    ['FROM busybox\nENV ⟦A⟧', 'TSB_MISSING_ARGUMENT', 'write ENV A=value'],
    ['FROM busybox\nENV A=1 ⟦B⟧', 'TSB_BAD_PAIR', 'put quotes around a value with blanks in it'],
    ['FROM busybox\nENV ⟦=1⟧', 'TSB_BAD_PAIR', 'write a name before the ='],
    ['FROM busybox\nLABEL ⟦a⟧', 'TSB_MISSING_ARGUMENT', 'write LABEL a=value'],
    ['FROM busybox\nLABEL a=1 ⟦b⟧ c=2', 'TSB_BAD_PAIR', 'put quotes around a value with blanks in it'],
    ['FROM busybox\nLABEL ⟦=1⟧', 'TSB_BAD_PAIR', 'write a name before the ='],
    ['FROM busybox\n⟦ENV⟧', 'TSB_MISSING_ARGUMENT', 'write ENV NAME=VALUE'],
    ['FROM busybox\nENV A=⟦"b⟧', 'TSB_EXPANSION_SYNTAX', 'close the quote, or put \\ before it'],
    ['FROM busybox\nENV A=${B:?is ⟦needed}⟧', 'TSB_BAD_PAIR', 'put quotes around a value with blanks in it'],
    ['FROM busybox\nENV A=⟦${B⟧', 'TSB_EXPANSION_SYNTAX', 'close it with }'],
    ['FROM busybox\nENV A=⟦${}⟧', 'TSB_EXPANSION_SYNTAX', 'write ${NAME}'],
    ['FROM busybox\nENV A=⟦${B!c}⟧', 'TSB_EXPANSION_SYNTAX', 'a modifier is one of :- - :+ + :? ? # ## % %% / //'],
    ['FROM busybox\nENV A=⟦${B#\\q}⟧', 'TSB_EXPANSION_PATTERN', 'a backslash may stand before *, ?, /, } and itself'],
    ['FROM busybox\nENV A=⟦${B/x⟧', 'TSB_EXPANSION_SYNTAX', 'write ${NAME/PATTERN/REPLACEMENT}'],
    ['FROM busybox\nENV A=⟦${B:-${C}⟧', 'TSB_EXPANSION_SYNTAX', 'close it with }'],
    ["FROM busybox\nLABEL a=⟦'b⟧", 'TSB_EXPANSION_SYNTAX', 'close the quote, or put \\ before it'],
    ['FROM busybox\nENV a=1 \\\n  ⟦b⟧', 'TSB_BAD_PAIR', 'put quotes around a value with blanks in it'],
    ['FROM busybox\nLABEL ⟦"a⟧', 'TSB_MISSING_ARGUMENT', 'write LABEL "a=value'],
    ['FROM busybox\nENV ⟦--x=1⟧ a=b', 'TSB_UNKNOWN_FLAG', 'ENV has no flags'],
  ],
  'COPY and ADD': [
    ['FROM busybox AS build\nFROM busybox\nCOPY --from=⟦biuld⟧ /a /b', 'TSB_IMAGE_NOT_FOUND', 'did you mean "build"?'],
    ['FROM busybox\nCOPY --from=⟦5⟧ /a /b', 'TSB_STAGE_INDEX', 'this file has stages 0 to 0'],
    ['FROM busybox\nCOPY --from=⟦-1⟧ /a /b', 'TSB_STAGE_INDEX', 'this file has stages 0 to 0'],
    [
      'FROM busybox AS a\nCOPY --from=⟦a⟧ / /',
      'TSB_STAGE_CYCLE',
      'each of these needs the next: a (Dockerfile:1) -> a (Dockerfile:1)',
    ],
    [
      'ARG X=a\nFROM busybox AS a\nFROM busybox\nCOPY --from=⟦$X⟧ / /',
      'TSB_FROM_VARIABLE',
      'add FROM $X AS NAME above this stage and use --from=NAME',
    ],
    ['FROM busybox\nCOPY ⟦--chwon=1⟧ a /', 'TSB_UNKNOWN_FLAG', 'did you mean "--chown"?'],
    ['FROM busybox\n⟦COPY a⟧', 'TSB_MISSING_ARGUMENT', 'write COPY SOURCE… DESTINATION'],
    ['FROM busybox\n⟦COPY⟧', 'TSB_MISSING_ARGUMENT', 'write COPY SOURCE… DESTINATION'],
    ['FROM busybox\n⟦ADD a⟧', 'TSB_MISSING_ARGUMENT', 'write ADD SOURCE… DESTINATION'],
    ['FROM busybox\nCOPY ⟦--link=maybe⟧ a /', 'TSB_BAD_FLAG', 'write --link or --link=false'],
    ['FROM busybox\nCOPY ⟦--link=⟧ a /', 'TSB_BAD_FLAG', 'write --link'],
    ['FROM busybox\nCOPY --chmod=⟦0999⟧ a /', 'TSB_CHMOD', 'write --chmod=0755 or --chmod=u=rwX,go=rX'],
    ['FROM busybox\nCOPY --chmod=⟦u+z⟧ a /', 'TSB_CHMOD', 'write --chmod=0755 or --chmod=u=rwX,go=rX'],
    [
      'FROM busybox\nCOPY --chown=⟦99999999999⟧ a /',
      'TSB_USER_RANGE',
      'a user or group is a name, or a decimal number from 0 to 4294967294',
    ],
    [
      'FROM busybox\nCOPY ⟦https://example.com/a⟧ /',
      'TSB_COPY_REMOTE',
      'COPY takes local files; ADD is for URLs and git repositories',
    ],
    ['FROM busybox\nCOPY a ⟦<<EOF⟧\nx\nEOF', 'TSB_BAD_HEREDOC', 'name the destination last'],
    ['FROM busybox\nCOPY ⟦<<EOF⟧ /a\nx', 'TSB_UNTERMINATED_HEREDOC', 'end it with a line that is only "EOF"'],
    [
      'FROM busybox\nADD --checksum=⟦sha256:12⟧ https://example.com/a /',
      'TSB_ADD_CHECKSUM',
      'write --checksum=sha256:… with one URL, or the id of a commit with one git repository',
    ],
    [
      'FROM busybox\nADD --checksum=⟦sha256:12⟧ a /',
      'TSB_ADD_CHECKSUM',
      'write --checksum=sha256:… with one URL, or the id of a commit with one git repository',
    ],
    [
      'FROM busybox\nCOPY ⟦<<a/b⟧ /x/\nz\na/b',
      'TSB_HEREDOC_NAME',
      'name the heredoc with a plain word, and the folder in the destination',
    ],
    [
      'FROM busybox\nADD --checksum=⟦sha256:12⟧ https://example.com/a https://example.com/b /',
      'TSB_ADD_CHECKSUM',
      'write --checksum=sha256:… with one URL, or the id of a commit with one git repository',
    ],
    [
      'FROM busybox\nADD ⟦--keep-git-dir=maybe⟧ https://example.com/a.git /',
      'TSB_BAD_FLAG',
      'write --keep-git-dir or --keep-git-dir=false',
    ],
    ['FROM busybox\nADD ⟦--unpck=true⟧ a /', 'TSB_UNKNOWN_FLAG', 'did you mean "--unpack"?'],
    ['FROM busybox\nCOPY ⟦--exclude⟧ a /b', 'TSB_BAD_FLAG', 'write --exclude=VALUE'],
    ['FROM busybox\nCOPY ⟦--parents=x⟧ a /b', 'TSB_BAD_FLAG', 'write --parents or --parents=false'],
    [
      'FROM busybox\nCOPY --from=⟦$STAGE⟧ a /',
      'TSB_FROM_VARIABLE',
      'add FROM $STAGE AS NAME above this stage and use --from=NAME',
    ],
    ['FROM busybox\nCOPY --link=false ⟦--link⟧ a /b', 'TSB_BAD_FLAG', 'give it once'],
    [
      'FROM busybox AS a\nCOPY --from=⟦b⟧ / /\nFROM busybox AS b\nFROM a',
      'TSB_STAGE_ORDER',
      'move stage "b" above stage "a"',
    ],
    ['FROM busybox\nADD ⟦https://example.com/a.git?ref=-x⟧ /', 'TSB_GIT_ARG', 'git would take it for an option'],
    ['FROM busybox\nADD ⟦https://example.com/a.git?rfe=x⟧ /', 'TSB_GIT_REFERENCE', 'did you mean "ref"?'],
    [
      'FROM busybox\nADD ⟦https://example.com/%zz⟧ /',
      'TSB_URL',
      'write https://HOST/PATH, with % and two hex digits for what a URL cannot hold',
    ],
    [
      'FROM busybox\nADD --checksum=sha256:12 ⟦https://example.com/a.git⟧ /',
      'TSB_GIT_REFERENCE',
      'it is a commit id, or the beginning of one',
    ],
    ['FROM busybox AS a\nFROM busybox AS b\nCOPY --from=⟦2⟧ / /', 'TSB_STAGE_INDEX', 'this file has stages 0 to 1'],
    [
      'FROM busybox\nCOPY --chmod=⟦${MODE:?}⟧ a /',
      'TSB_EXPANSION_UNSET',
      'give it a value, as with --build-arg MODE=VALUE',
    ],
    ['FROM busybox\nCOPY --from=a \\\n  ⟦--chwon=1⟧ a /', 'TSB_UNKNOWN_FLAG', 'did you mean "--chown"?'],
  ],
  RUN: [
    ['FROM busybox\n⟦RUN <<"${A:-\'"\'}"⟧\nx', 'TSB_BAD_HEREDOC', 'name the heredoc with a plain word'],
    ['FROM busybox\nRUN --network=⟦hots⟧ true', 'TSB_BAD_FLAG', 'did you mean "host"?'],
    ['FROM busybox\nRUN --network=⟦host⟧ true', 'TSB_ENTITLEMENT', 'grant it with --allow network.host'],
    ['FROM busybox\nRUN --security=⟦insecre⟧ true', 'TSB_BAD_FLAG', 'did you mean "insecure"?'],
    ['FROM busybox\nRUN --security=⟦insecure⟧ true', 'TSB_ENTITLEMENT', 'grant it with --allow security.insecure'],
    [
      'FROM busybox\nRUN --device=⟦nvidia⟧ true',
      'TSB_UNSUPPORTED_DEVICE',
      'take --device away: a step sees no devices of the host, but for --security=insecure',
    ],
    ['FROM busybox\nRUN ⟦--netwrok=none⟧ true', 'TSB_UNKNOWN_FLAG', 'did you mean "--network"?'],
    ['FROM busybox\nRUN --network=none ⟦--network=host⟧ true', 'TSB_BAD_FLAG', 'give it once'],
    ['FROM busybox\nRUN ⟦<<EOF⟧\nx', 'TSB_UNTERMINATED_HEREDOC', 'end it with a line that is only "EOF"'],
    ['FROM busybox\nRUN --security=⟦insecure,x⟧ true', 'TSB_BAD_FLAG', 'did you mean "insecure"?'],
    ['FROM busybox\nRUN ⟦["a", {}]⟧', 'TSB_BAD_JSON', 'put every member in double quotes'],
    ['FROM busybox\n# a comment\nRUN --network=⟦off⟧ \\\n  true', 'TSB_BAD_FLAG', 'write one of default, none, host'],
  ],
  'RUN --mount': [
    [
      'FROM busybox AS build\nFROM busybox\nRUN --mount=⟦from=biuld⟧,target=/x true',
      'TSB_IMAGE_NOT_FOUND',
      'did you mean "build"?',
    ],
    [
      'FROM busybox\nRUN --mount=type=bind,⟦from=$X⟧,target=/x true',
      'TSB_BAD_MOUNT',
      'add FROM $X AS NAME and use from=NAME',
    ],
    ['FROM busybox\nRUN --mount=⟦type=bnd⟧,target=/x true', 'TSB_MOUNT', 'did you mean "bind"?'],
    ['FROM busybox\nRUN --mount=⟦typ=bind⟧,target=/x true', 'TSB_MOUNT', 'did you mean "type"?'],
    ['FROM busybox\nRUN --mount=type=cache,⟦tagret=/x⟧ true', 'TSB_MOUNT', 'did you mean "target"?'],
    ['FROM busybox\nRUN --mount=type=cache,⟦target⟧ true', 'TSB_MOUNT', 'write target=VALUE'],
    ['FROM busybox\nRUN --mount=type=cache,target=/x,⟦sharing=lokced⟧ true', 'TSB_MOUNT', 'did you mean "locked"?'],
    ['FROM busybox\nRUN --mount=type=cache,target=/x,⟦mode=999⟧ true', 'TSB_MOUNT', 'a mode is octal: 0755'],
    [
      'FROM busybox\nRUN --mount=type=cache,target=/x,⟦uid=me⟧ true',
      'TSB_MOUNT',
      'uid is a number from 0 to 4294967294',
    ],
    ['FROM busybox\nRUN --mount=type=cache,target=/x,⟦ro=maybe⟧ true', 'TSB_MOUNT', 'write ro=true or ro=false'],
    [
      'FROM busybox\nRUN --mount=type=tmpfs,target=/x,⟦size=lots⟧ true',
      'TSB_MOUNT',
      'a size is written 512, 64m or 1g',
    ],
    ['FROM busybox\nRUN --mount=type=bind,target=/x,⟦size=1m⟧ true', 'TSB_MOUNT', 'put type=tmpfs first'],
    ['FROM busybox\nRUN --mount=type=bind,target=/x,⟦uid=1⟧ true', 'TSB_MOUNT', 'leave uid out'],
    ['FROM busybox\nRUN --mount=⟦type=cache⟧ true', 'TSB_MOUNT', 'say where: target=/some/path'],
    ['FROM busybox\nRUN --mount=type=bind,⟦target=/⟧ true', 'TSB_MOUNT', 'mount below the root: target=/some/path'],
    ['FROM busybox\nRUN --mount=⟦type=secret⟧ true', 'TSB_MOUNT', 'name the secret with id=NAME'],
    ['FROM busybox\nRUN --mount=type=secret,id=a,⟦source=b⟧ true', 'TSB_MOUNT', 'both name the secret: leave one out'],
    [
      'FROM busybox\nRUN --mount=type=secret,id=a,⟦from=b⟧ true',
      'TSB_IMAGE_NOT_FOUND',
      'no stage above has this name either: check the name and the tag',
    ],
    ['FROM busybox\nRUN --mount=type=secret,id=a,⟦sharing=locked⟧ true', 'TSB_MOUNT', 'sharing is for type=cache'],
    ['FROM busybox\nRUN --mount=type=bind,target=/x,⟦sharing=locked⟧ true', 'TSB_MOUNT', 'sharing is for type=cache'],
    ['FROM busybox\nRUN --mount=type=bind,target=/x,⟦required⟧ true', 'TSB_MOUNT', 'put type=secret or type=ssh first'],
    [
      'FROM busybox\nRUN ⟦--mount=⟧ true',
      'TSB_BAD_MOUNT',
      'write --mount=type=TYPE,target=PATH; quotes go around a whole key=value',
    ],
    ['FROM busybox\nRUN ⟦--mount⟧ true', 'TSB_BAD_FLAG', 'write --mount=VALUE'],
    [
      'FROM busybox\nRUN --mount=type=secret,id=a,env=A,⟦target=/⟧ true',
      'TSB_MOUNT',
      'mount below the root: target=/some/path',
    ],
    [
      'FROM busybox\nRUN --mount=type=tmpfs,target=/x,⟦from=a⟧ true',
      'TSB_IMAGE_NOT_FOUND',
      'no stage above has this name either: check the name and the tag',
    ],
    ['FROM busybox\nRUN --mount=type=cache,target=/x,⟦id⟧ true', 'TSB_MOUNT', 'write id=VALUE'],
    [
      'FROM busybox AS a\nRUN --mount=⟦from=b⟧,target=/x true\nFROM busybox AS b\nFROM a',
      'TSB_STAGE_ORDER',
      'move stage "b" above stage "a"',
    ],
    [
      'FROM busybox\nRUN --mount=type=cache,⟦id=${A!}⟧,target=/x true',
      'TSB_EXPANSION_SYNTAX',
      'a modifier is one of :- - :+ + :? ? # ## % %% / //',
    ],
  ],
  'CMD, ENTRYPOINT and SHELL': [
    ['FROM busybox\nCMD ⟦["a", 1]⟧', 'TSB_BAD_JSON', 'put every member in double quotes'],
    [
      'FROM busybox\nSHELL ⟦bash -c⟧',
      'TSB_BAD_JSON',
      'write SHELL ["PROGRAM", "ARGUMENT"], such as SHELL ["/bin/bash", "-c"]',
    ],
    [
      'FROM busybox\nSHELL ⟦[]⟧',
      'TSB_MISSING_ARGUMENT',
      'write SHELL ["PROGRAM", "ARGUMENT"], such as SHELL ["/bin/bash", "-c"]',
    ],
    [
      'FROM busybox\n⟦SHELL⟧',
      'TSB_MISSING_ARGUMENT',
      'write SHELL ["PROGRAM", "ARGUMENT"], such as SHELL ["/bin/bash", "-c"]',
    ],
    ['FROM busybox\nCMD ⟦--x⟧ true', 'TSB_UNKNOWN_FLAG', 'CMD has no flags'],
    ['FROM busybox\nENTRYPOINT ⟦["a", null]⟧', 'TSB_BAD_JSON', 'put every member in double quotes'],
    [
      'FROM busybox\nSHELL ⟦["bash"⟧',
      'TSB_BAD_JSON',
      'write SHELL ["PROGRAM", "ARGUMENT"], such as SHELL ["/bin/bash", "-c"]',
    ],
  ],
  EXPOSE: [
    ['FROM busybox\n⟦EXPOSE⟧', 'TSB_MISSING_ARGUMENT', 'write EXPOSE PORT or EXPOSE PORT/PROTOCOL'],
    ['FROM busybox\nEXPOSE ⟦http⟧', 'TSB_EXPOSE', 'a port is a number up to 65535, written 80, 80/udp or 8000-8010'],
    ['FROM busybox\nEXPOSE ⟦80/tpc⟧', 'TSB_EXPOSE', 'did you mean "tcp"?'],
    ['FROM busybox\nEXPOSE ⟦90-80⟧', 'TSB_EXPOSE', 'a port is a number up to 65535, written 80, 80/udp or 8000-8010'],
    [
      'FROM busybox\nEXPOSE 80 ⟦70000⟧',
      'TSB_EXPOSE',
      'a port is a number up to 65535, written 80, 80/udp or 8000-8010',
    ],
    [
      'FROM busybox\nEXPOSE ⟦80:90:100:110⟧',
      'TSB_EXPOSE',
      'a port is a number up to 65535, written 80, 80/udp or 8000-8010',
    ],
    ['FROM busybox\nEXPOSE ⟦1-2-3⟧', 'TSB_EXPOSE', 'a port is a number up to 65535, written 80, 80/udp or 8000-8010'],
  ],
  HEALTHCHECK: [
    ['FROM busybox\n⟦HEALTHCHECK⟧', 'TSB_MISSING_ARGUMENT', 'write HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE'],
    ['FROM busybox\nHEALTHCHECK ⟦NOEN⟧', 'TSB_BAD_HEALTHCHECK', 'did you mean "NONE"?'],
    ['FROM busybox\nHEALTHCHECK NONE ⟦x⟧', 'TSB_BAD_HEALTHCHECK', 'leave them out, or write HEALTHCHECK CMD COMMAND'],
    ['FROM busybox\n⟦HEALTHCHECK CMD⟧', 'TSB_MISSING_ARGUMENT', 'write HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE'],
    [
      'FROM busybox\nHEALTHCHECK --interval=⟦10⟧ CMD true',
      'TSB_BAD_FLAG',
      'write a number and a unit, such as 30s or 1m30s',
    ],
    ['FROM busybox\nHEALTHCHECK --interval=⟦1us⟧ CMD true', 'TSB_BAD_FLAG', 'write 1ms or more, or 0 for the default'],
    ['FROM busybox\nHEALTHCHECK --retries=⟦many⟧ CMD true', 'TSB_BAD_FLAG', 'write a whole number, such as 3'],
    ['FROM busybox\nHEALTHCHECK --retries=⟦-1⟧ CMD true', 'TSB_BAD_FLAG', 'write a whole number, such as 3'],
    ['FROM busybox\nHEALTHCHECK ⟦--intervall=1s⟧ CMD true', 'TSB_UNKNOWN_FLAG', 'did you mean "--interval"?'],
    [
      'FROM busybox\nHEALTHCHECK --timeout=⟦30⟧ NONE',
      'TSB_BAD_FLAG',
      'write a number and a unit, such as 30s or 1m30s',
    ],
    ['FROM busybox\nHEALTHCHECK --retries=3 ⟦--retries=4⟧ CMD true', 'TSB_BAD_FLAG', 'give it once'],
  ],
  ONBUILD: [
    ['FROM busybox\n⟦ONBUILD⟧', 'TSB_MISSING_ARGUMENT', 'write ONBUILD INSTRUCTION'],
    [
      'FROM busybox\nONBUILD ⟦FROM⟧ x',
      'TSB_BAD_TRIGGER',
      'leave FROM out: the image that is built on this one has its own',
    ],
    ['FROM busybox\nONBUILD ⟦ONBUILD⟧ RUN x', 'TSB_BAD_TRIGGER', 'write ONBUILD once'],
    [
      'FROM busybox\nONBUILD ⟦MAINTAINER⟧ x',
      'TSB_BAD_TRIGGER',
      'leave MAINTAINER out: the image that is built on this one has its own',
    ],
    ['FROM busybox AS a\nONBUILD COYP a /\n⟦FROM a⟧', 'TSB_UNKNOWN_INSTRUCTION', 'did you mean "COPY"?'],
    [
      'FROM busybox AS a\nONBUILD COPY --from=zzz a /\n⟦FROM a⟧',
      'TSB_IMAGE_NOT_FOUND',
      'no stage above has this name either: check the name and the tag',
    ],
  ],
  STOPSIGNAL: [
    ['FROM busybox\nSTOPSIGNAL ⟦SIGTREM⟧', 'TSB_STOPSIGNAL', 'did you mean "SIGTERM"?'],
    ['FROM busybox\n⟦STOPSIGNAL⟧', 'TSB_MISSING_ARGUMENT', 'write STOPSIGNAL SIGNAL, such as STOPSIGNAL SIGTERM'],
    ['FROM busybox\nSTOPSIGNAL ⟦0⟧', 'TSB_STOPSIGNAL', 'a signal is a name such as SIGTERM, or a number from 1 on'],
  ],
  USER: [
    ['FROM busybox\n⟦USER⟧', 'TSB_MISSING_ARGUMENT', 'write USER NAME or USER NAME:GROUP'],
    [
      'FROM busybox\nUSER ⟦99999999999⟧',
      'TSB_USER_RANGE',
      'a user or group is a name, or a decimal number from 0 to 4294967294',
    ],
    [
      'FROM busybox\nUSER ⟦-1⟧',
      'TSB_USER_RANGE',
      'a user or group is a name, or a decimal number from 0 to 4294967294',
    ],
  ],
  VOLUME: [
    ['FROM busybox\n⟦VOLUME⟧', 'TSB_MISSING_ARGUMENT', 'write VOLUME PATH or VOLUME ["PATH"]'],
    ['FROM busybox\nVOLUME ⟦[]⟧', 'TSB_MISSING_ARGUMENT', 'write VOLUME PATH or VOLUME ["PATH"]'],
    ['FROM busybox\nVOLUME ["/a", ⟦""⟧]', 'TSB_BAD_VOLUME', 'name a directory of the image'],
    ['FROM busybox\nVOLUME ⟦$NOTHING⟧', 'TSB_VOLUME_EMPTY', 'give its variables a value with ARG or ENV'],
    ['FROM busybox\nVOLUME ⟦["/a", 1]⟧', 'TSB_BAD_JSON', 'put every member in double quotes'],
    ['FROM busybox\nVOLUME ⟦--x=1⟧ /a', 'TSB_UNKNOWN_FLAG', 'VOLUME has no flags'],
  ],
  WORKDIR: [
    ['FROM busybox\n⟦WORKDIR⟧', 'TSB_MISSING_ARGUMENT', 'write WORKDIR PATH'],
    ['FROM busybox\nWORKDIR ⟦--x=1⟧ /a', 'TSB_UNKNOWN_FLAG', 'WORKDIR has no flags'],
    [
      'FROM busybox\nWORKDIR ⟦${A:?must be given}⟧',
      'TSB_EXPANSION_UNSET',
      'give it a value, as with --build-arg A=VALUE',
    ],
  ],
  MAINTAINER: [
    ['FROM busybox\n⟦MAINTAINER⟧', 'TSB_MISSING_ARGUMENT', 'write MAINTAINER NAME'],
    ['FROM busybox\nMAINTAINER ⟦--x=1⟧ me', 'TSB_UNKNOWN_FLAG', 'MAINTAINER has no flags'],
  ],
}

const rows = Object.values(tables).flat()
const images = { busybox: imageConfig() }

/** What no line is to blame for: an empty file, and checks that fail the build. */
const placeless = ['TSB_CHECK_FAILED', 'TSB_DOCKERFILE_EMPTY']

/** Codes for what is too large (test/parser/hostile.test.ts), for flags of the command line, and for several files at once. */
const elsewhere = new Set([
  'TSB_DOCKERFILE_TOO_LARGE',
  'TSB_EXPANSION_LIMIT',
  'TSB_GIT_SUBDIR',
  'TSB_HOST_FORMAT',
  'TSB_LINE_TOO_LONG',
  'TSB_PLAN_TOO_LARGE',
  'TSB_RUN_MODE',
  'TSB_UNKNOWN_STAGE',
  'TSB_UNKNOWN_TARGET',
  'TSB_WORKDIR',
])

for (const [title, table] of Object.entries(tables)) {
  describe(`what is wrong in ${title}`, () => {
    it.each(table)('%j is told with its place, its code and what to do: %s', async (marked, code, hint) => {
      const { text, start, end } = unmark(marked)
      const error = await planError(text, {}, images)
      expect({ code: error.code, hint: error.hint }).toEqual({ code, hint })
      expect(error.message).not.toBe('')
      expect(error.at && { start: error.at.start, end: error.at.end }).toEqual(start && { start, end })
      if (start === undefined) expect(placeless).toContain(code)
      else expectExcerpt(error)
    })
  })
}

it('every code of reading and planning a Dockerfile has its row here', () => {
  const thrown = listErrors().filter(({ files }) => files.some((file) => /^(parser|planner)\//.test(file)))
  const told = new Set([...rows.map(([, code]) => code), ...elsewhere])
  expect(thrown.map(({ code }) => code).filter((code) => !told.has(code))).toEqual([])
})

/** The text without its marks, and where they stood. */
function unmark(marked: string) {
  const [before = '', blamed, after = ''] = marked.split(/[⟦⟧]/)
  if (blamed === undefined) return { text: before, start: undefined, end: undefined }
  return { text: before + blamed + after, start: positionAfter(before), end: positionAfter(before + blamed) }
}

function positionAfter(text: string) {
  const lines = text.split('\n')
  return { line: lines.length - 1, column: lines.at(-1)?.length ?? 0 }
}

/** The line to blame is shown, with the place and the code above it. */
function expectExcerpt({ at, code }: TsbuildError): void {
  if (!at) throw new Error('no place')
  const [place, , ...lines] = excerpt(at, code).split('\n')
  expect(place).toBe(`Dockerfile:${at.start.line + 1}  [${code}]`)
  const line = at.source.text.split('\n')[at.start.line]
  expect(lines).toContain(` ${String(at.start.line + 1).padStart(3)} | >>> ${line}`.trimEnd())
}
