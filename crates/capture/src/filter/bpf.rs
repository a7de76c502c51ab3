//! Classic BPF: a program that is checked once and then run over frames, without memory of its own.
//!
//! The instructions are those of McCanne and Jacobson, "The BSD Packet Filter" (1993), with MOD and XOR as Linux and
//! libpcap know them. Loads from outside the captured bytes, and divisions by zero, reject the frame, as in the kernel.
//! The extension loads of Linux (negative offsets) exist for live captures only: here they lie outside of every frame.

use std::fmt;

/// Words of scratch memory.
const SCRATCH: usize = 16;
/// The most instructions a program may have: 65,536. Each runs at most once a frame.
const MAX_LEN: usize = 1 << 16;

/// One instruction, as libpcap compiles them and as the kernel takes them.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash, Default)]
pub struct Instruction {
    /// What to do: class, size or operation, mode or operand.
    pub code: u16,
    /// How many instructions a conditional jump passes over where the test holds.
    pub jt: u8,
    /// How many where it does not.
    pub jf: u8,
    /// The constant.
    pub k: u32,
}

/// Why instructions are no program.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ProgramError {
    /// There is no instruction.
    Empty,
    /// There are more than 65,536.
    TooLong {
        /// How many there are.
        len: usize,
    },
    /// An instruction that is none.
    Unknown {
        /// Its place, from 0.
        at: usize,
        /// Its code.
        code: u16,
    },
    /// A jump behind the end.
    Jump {
        /// The instruction's place, from 0.
        at: usize,
    },
    /// Scratch memory that there is not: it has 16 words.
    Scratch {
        /// The instruction's place, from 0.
        at: usize,
    },
    /// A division by the constant 0.
    DivisionByZero {
        /// The instruction's place, from 0.
        at: usize,
    },
    /// The last instruction is no return, so that the program could run over its end.
    NoReturn,
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramError::Empty => f.write_str("the filter program is empty"),
            ProgramError::TooLong { len } => {
                write!(f, "the filter program has {len} instructions, more than the limit of {MAX_LEN}")
            }
            ProgramError::Unknown { at, code } => {
                write!(f, "instruction {at} of the filter program has the unknown code {code:#06x}")
            }
            ProgramError::Jump { at } => {
                write!(f, "instruction {at} of the filter program jumps behind its end")
            }
            ProgramError::Scratch { at } => {
                write!(f, "instruction {at} of the filter program names scratch memory that there is not")
            }
            ProgramError::DivisionByZero { at } => {
                write!(f, "instruction {at} of the filter program divides by zero")
            }
            ProgramError::NoReturn => f.write_str("the filter program does not end with a return"),
        }
    }
}

impl std::error::Error for ProgramError {}

#[derive(Copy, Clone, Debug)]
enum Size {
    Word,
    Half,
    Byte,
}

#[derive(Copy, Clone, Debug)]
enum Operand {
    K(u32),
    X,
}

#[derive(Copy, Clone, Debug)]
enum Alu {
    Add,
    Sub,
    Mul,
    Div,
    Or,
    And,
    Lsh,
    Rsh,
    Mod,
    Xor,
}

#[derive(Copy, Clone, Debug)]
enum Test {
    Equal,
    Greater,
    GreaterOrEqual,
    AnySet,
}

/// An instruction that was checked; jumps are to places, always behind it.
#[derive(Copy, Clone, Debug)]
enum Step {
    Load(Size, u32),
    LoadIndexed(Size, u32),
    LoadLen,
    LoadConstant(u32),
    LoadScratch(usize),
    LoadXConstant(u32),
    LoadXScratch(usize),
    LoadXLen,
    /// The length of an IPv4 header whose first byte lies at this place.
    LoadXHeaderLen(u32),
    Store(usize),
    StoreX(usize),
    Alu(Alu, Operand),
    Negate,
    Jump(usize),
    Branch(Test, Operand, usize, usize),
    ReturnConstant(u32),
    ReturnA,
    AToX,
    XToA,
}

/// A program that was checked: it ends on every frame, and touches nothing but the frame.
///
/// ```
/// use wiretrace_capture::filter::{Instruction, Program};
///
/// // "ip" on Ethernet, as `tcpdump -ddd ip` prints it.
/// let program = Program::new(&[
///     Instruction { code: 40, jt: 0, jf: 0, k: 12 },
///     Instruction { code: 21, jt: 0, jf: 1, k: 0x0800 },
///     Instruction { code: 6, jt: 0, jf: 0, k: 262_144 },
///     Instruction { code: 6, jt: 0, jf: 0, k: 0 },
/// ])?;
/// let mut frame = [0; 60];
/// assert!(!program.matches(&frame, 60));
/// frame[12] = 0x08;
/// assert!(program.matches(&frame, 60));
/// assert!(!program.matches(&frame[..13], 60), "what was not captured cannot match");
/// # Ok::<(), wiretrace_capture::filter::ProgramError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    steps: Box<[Step]>,
}

impl Program {
    /// Checks instructions.
    ///
    /// # Errors
    /// Where they are not known, jump out of the program, could run over its end, or name memory that there is not.
    pub fn new(instructions: &[Instruction]) -> Result<Self, ProgramError> {
        let len = instructions.len();
        if len > MAX_LEN {
            return Err(ProgramError::TooLong { len });
        }
        let steps: Box<[Step]> = (0..)
            .zip(instructions)
            .map(|(at, instruction)| check(at, len, instruction))
            .collect::<Result<_, _>>()?;
        match steps.last() {
            None => Err(ProgramError::Empty),
            Some(Step::ReturnConstant(_) | Step::ReturnA) => Ok(Self { steps }),
            Some(_) => Err(ProgramError::NoReturn),
        }
    }

    /// How many instructions it has.
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether a frame passes: `data` is what was captured of it, `wire_len` the length it had on the wire.
    pub fn matches(&self, data: &[u8], wire_len: u32) -> bool {
        self.run(data, wire_len) != 0
    }

    /// How many bytes of a frame the program wants kept: 0 where it is not to pass.
    pub fn run(&self, data: &[u8], wire_len: u32) -> u32 {
        self.execute(data, wire_len).unwrap_or(0)
    }

    /// `None` where a load lies outside the captured bytes, or a division is by zero.
    fn execute(&self, data: &[u8], wire_len: u32) -> Option<u32> {
        let (mut a, mut x) = (0u32, 0u32);
        let mut scratch = [0u32; SCRATCH];
        let mut at = 0;
        loop {
            let step = *self.steps.get(at)?;
            at += 1;
            match step {
                Step::Load(size, k) => a = load(data, k as usize, size)?,
                Step::LoadIndexed(size, k) => a = load(data, (x as usize).checked_add(k as usize)?, size)?,
                Step::LoadLen => a = wire_len,
                Step::LoadConstant(k) => a = k,
                Step::LoadScratch(k) => a = *scratch.get(k)?,
                Step::LoadXConstant(k) => x = k,
                Step::LoadXScratch(k) => x = *scratch.get(k)?,
                Step::LoadXLen => x = wire_len,
                Step::LoadXHeaderLen(k) => x = u32::from(data.get(k as usize)? & 0x0f) << 2,
                Step::Store(k) => *scratch.get_mut(k)? = a,
                Step::StoreX(k) => *scratch.get_mut(k)? = x,
                Step::Alu(alu, operand) => a = compute(alu, a, value(operand, x))?,
                Step::Negate => a = a.wrapping_neg(),
                Step::Jump(to) => at = to,
                Step::Branch(test, operand, yes, no) => {
                    let operand = value(operand, x);
                    let holds = match test {
                        Test::Equal => a == operand,
                        Test::Greater => a > operand,
                        Test::GreaterOrEqual => a >= operand,
                        Test::AnySet => a & operand != 0,
                    };
                    at = if holds { yes } else { no };
                }
                Step::ReturnConstant(k) => return Some(k),
                Step::ReturnA => return Some(a),
                Step::AToX => x = a,
                Step::XToA => a = x,
            }
        }
    }
}

fn value(operand: Operand, x: u32) -> u32 {
    match operand {
        Operand::K(k) => k,
        Operand::X => x,
    }
}

fn load(data: &[u8], at: usize, size: Size) -> Option<u32> {
    let rest = data.get(at..)?;
    Some(match size {
        Size::Word => u32::from_be_bytes(*rest.first_chunk()?),
        Size::Half => u32::from(u16::from_be_bytes(*rest.first_chunk()?)),
        Size::Byte => u32::from(*rest.first()?),
    })
}

fn compute(alu: Alu, a: u32, b: u32) -> Option<u32> {
    Some(match alu {
        Alu::Add => a.wrapping_add(b),
        Alu::Sub => a.wrapping_sub(b),
        Alu::Mul => a.wrapping_mul(b),
        Alu::Div => a.checked_div(b)?,
        Alu::Mod => a.checked_rem(b)?,
        Alu::Or => a | b,
        Alu::And => a & b,
        Alu::Xor => a ^ b,
        // A shift by the word's width or more leaves nothing.
        Alu::Lsh => a.checked_shl(b).unwrap_or(0),
        Alu::Rsh => a.checked_shr(b).unwrap_or(0),
    })
}

fn check(at: usize, len: usize, instruction: &Instruction) -> Result<Step, ProgramError> {
    let Instruction { code, jt, jf, k } = *instruction;
    let unknown = ProgramError::Unknown { at, code };
    let scratch = || {
        let place = k as usize;
        if place < SCRATCH { Ok(place) } else { Err(ProgramError::Scratch { at }) }
    };
    let to = |over: usize| {
        let place = at.saturating_add(1).saturating_add(over);
        if place < len { Ok(place) } else { Err(ProgramError::Jump { at }) }
    };
    let operand = if code & 0x08 == 0 { Operand::K(k) } else { Operand::X };
    Ok(match (code & 0x07, code) {
        // LD
        (0, _) => {
            let size = match code & 0x18 {
                0x00 => Size::Word,
                0x08 => Size::Half,
                0x10 => Size::Byte,
                _ => return Err(unknown),
            };
            match code & !0x18 {
                0x20 => Step::Load(size, k),
                0x40 => Step::LoadIndexed(size, k),
                0x00 if code == 0x00 => Step::LoadConstant(k),
                0x60 if code == 0x60 => Step::LoadScratch(scratch()?),
                0x80 if code == 0x80 => Step::LoadLen,
                _ => return Err(unknown),
            }
        }
        // LDX
        (1, 0x01) => Step::LoadXConstant(k),
        (1, 0x61) => Step::LoadXScratch(scratch()?),
        (1, 0x81) => Step::LoadXLen,
        (1, 0xb1) => Step::LoadXHeaderLen(k),
        // ST, STX
        (2, 0x02) => Step::Store(scratch()?),
        (3, 0x03) => Step::StoreX(scratch()?),
        // ALU
        (4, 0x84) => Step::Negate,
        (4, _) => {
            let alu = match code & !0x08 {
                0x04 => Alu::Add,
                0x14 => Alu::Sub,
                0x24 => Alu::Mul,
                0x34 => Alu::Div,
                0x44 => Alu::Or,
                0x54 => Alu::And,
                0x64 => Alu::Lsh,
                0x74 => Alu::Rsh,
                0x94 => Alu::Mod,
                0xa4 => Alu::Xor,
                _ => return Err(unknown),
            };
            if matches!((alu, operand), (Alu::Div | Alu::Mod, Operand::K(0))) {
                return Err(ProgramError::DivisionByZero { at });
            }
            Step::Alu(alu, operand)
        }
        // JMP
        (5, 0x05) => Step::Jump(to(k as usize)?),
        (5, _) => {
            let test = match code & !0x08 {
                0x15 => Test::Equal,
                0x25 => Test::Greater,
                0x35 => Test::GreaterOrEqual,
                0x45 => Test::AnySet,
                _ => return Err(unknown),
            };
            Step::Branch(test, operand, to(jt.into())?, to(jf.into())?)
        }
        // RET
        (6, 0x06) => Step::ReturnConstant(k),
        (6, 0x16) => Step::ReturnA,
        // MISC
        (7, 0x07) => Step::AToX,
        (7, 0x87) => Step::XToA,
        _ => return Err(unknown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i(code: u16, jt: u8, jf: u8, k: u32) -> Instruction {
        Instruction { code, jt, jf, k }
    }

    /// Runs `steps` and returns A.
    fn a(steps: &[Instruction], data: &[u8]) -> u32 {
        let mut steps = steps.to_vec();
        steps.push(i(0x16, 0, 0, 0));
        Program::new(&steps).unwrap().run(data, 1500)
    }

    #[test]
    fn loads() {
        let data = [0x45, 1, 2, 3, 4, 5];
        assert_eq!(a(&[i(0x20, 0, 0, 1)], &data), 0x0102_0304);
        assert_eq!(a(&[i(0x28, 0, 0, 4)], &data), 0x0405);
        assert_eq!(a(&[i(0x30, 0, 0, 5)], &data), 5);
        assert_eq!(a(&[i(0x80, 0, 0, 0)], &data), 1500, "len is the wire's");
        assert_eq!(a(&[i(0xb1, 0, 0, 0), i(0x87, 0, 0, 0)], &data), 20);
        assert_eq!(a(&[i(0x01, 0, 0, 3), i(0x50, 0, 0, 2)], &data), 5);
        assert_eq!(a(&[i(0x00, 0, 0, 9), i(0x02, 0, 0, 15), i(0x00, 0, 0, 0), i(0x60, 0, 0, 15)], &data), 9);
        assert_eq!(a(&[i(0x81, 0, 0, 0), i(0x03, 0, 0, 1), i(0x60, 0, 0, 1)], &data), 1500);
        assert_eq!(a(&[i(0x00, 0, 0, 7), i(0x02, 0, 0, 0), i(0x61, 0, 0, 0), i(0x87, 0, 0, 0)], &data), 7);
    }

    #[test]
    fn what_lies_outside_rejects() {
        let data = [1; 6];
        for step in [
            i(0x20, 0, 0, 3),
            i(0x28, 0, 0, 5),
            i(0x30, 0, 0, 6),
            i(0xb1, 0, 0, 6),
            i(0x30, 0, 0, u32::MAX),
            i(0x20, 0, 0, (-0x1000i32) as u32),
        ] {
            let program = Program::new(&[step, i(0x06, 0, 0, 1)]).unwrap();
            assert_eq!(program.run(&data, 1500), 0, "{step:?}");
        }
        let far = [i(0x01, 0, 0, u32::MAX), i(0x50, 0, 0, u32::MAX), i(0x06, 0, 0, 1)];
        assert_eq!(Program::new(&far).unwrap().run(&data, 6), 0);
    }

    #[test]
    fn arithmetic() {
        let binary = |code, left, right| a(&[i(0x00, 0, 0, left), i(code, 0, 0, right)], &[]);
        assert_eq!(binary(0x04, u32::MAX, 2), 1);
        assert_eq!(binary(0x14, 1, 2), u32::MAX);
        assert_eq!(binary(0x24, 1 << 31, 3), 1 << 31);
        assert_eq!(binary(0x34, 17, 5), 3);
        assert_eq!(binary(0x94, 17, 5), 2);
        assert_eq!(binary(0x44, 5, 3), 7);
        assert_eq!(binary(0x54, 5, 3), 1);
        assert_eq!(binary(0xa4, 5, 3), 6);
        assert_eq!(binary(0x64, 3, 31), 1 << 31);
        assert_eq!(binary(0x64, 3, 32), 0);
        assert_eq!(binary(0x74, 1 << 31, 31), 1);
        assert_eq!(binary(0x74, 3, 40), 0);
        assert_eq!(a(&[i(0x00, 0, 0, 1), i(0x84, 0, 0, 0)], &[]), u32::MAX);
        assert_eq!(a(&[i(0x00, 0, 0, 9), i(0x01, 0, 0, 4), i(0x1c, 0, 0, 0)], &[]), 5, "by X");
        for code in [0x3c, 0x9c] {
            let by_x = [i(0x00, 0, 0, 9), i(code, 0, 0, 0), i(0x06, 0, 0, 1)];
            assert_eq!(Program::new(&by_x).unwrap().run(&[], 0), 0, "a division by zero rejects");
        }
    }

    #[test]
    fn jumps() {
        let branch = |code, value, k| {
            let steps = [
                i(0x00, 0, 0, value),
                i(code, 1, 0, k),
                i(0x06, 0, 0, 10),
                i(0x05, 0, 0, 1),
                i(0x06, 0, 0, 30),
                i(0x06, 0, 0, 20),
            ];
            Program::new(&steps).unwrap().run(&[], 0)
        };
        assert_eq!((branch(0x15, 5, 5), branch(0x15, 5, 6)), (20, 10));
        assert_eq!((branch(0x25, 6, 5), branch(0x25, 5, 5)), (20, 10));
        assert_eq!((branch(0x35, 5, 5), branch(0x35, 4, 5)), (20, 10));
        assert_eq!((branch(0x45, 6, 4), branch(0x45, 3, 4)), (20, 10));
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let ret = i(0x06, 0, 0, 0);
        let error = |steps: &[Instruction]| Program::new(steps).unwrap_err();
        assert_eq!(error(&[]), ProgramError::Empty);
        assert_eq!(error(&[i(0x00, 0, 0, 0)]), ProgramError::NoReturn);
        assert_eq!(error(&[i(0x05, 0, 0, 1), ret]), ProgramError::Jump { at: 0 });
        assert_eq!(error(&[i(0x05, 0, 0, u32::MAX), ret]), ProgramError::Jump { at: 0 });
        assert_eq!(error(&[i(0x15, 0, 1, 0), ret]), ProgramError::Jump { at: 0 });
        assert_eq!(error(&[i(0x02, 0, 0, 16), ret]), ProgramError::Scratch { at: 0 });
        assert_eq!(error(&[i(0x60, 0, 0, 16), ret]), ProgramError::Scratch { at: 0 });
        assert_eq!(error(&[i(0x34, 0, 0, 0), ret]), ProgramError::DivisionByZero { at: 0 });
        assert_eq!(error(&[i(0x94, 0, 0, 0), ret]), ProgramError::DivisionByZero { at: 0 });
        assert_eq!(error(&[i(0xffff, 0, 0, 0), ret]), ProgramError::Unknown { at: 0, code: 0xffff });
        assert_eq!(error(&vec![ret; MAX_LEN + 1]), ProgramError::TooLong { len: MAX_LEN + 1 });
    }
}
