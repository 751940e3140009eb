using System.Buffers.Text;

namespace Portolan.Linux.Proc;

/// <summary>What /proc/PID/stat says (proc_pid_stat(5)).</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Command">The name as the kernel keeps it, at most 15 bytes (63 for a kernel thread). Hostile text.</param>
/// <param name="State"><c>R</c>, <c>S</c>, <c>D</c>, <c>Z</c> and so on.</param>
/// <param name="ParentPid">Parent process id, 0 for none.</param>
/// <param name="Flags">The PF_… flags of include/linux/sched.h.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot.</param>
public sealed record ProcStat(int Pid, string Command, char State, int ParentPid, uint Flags, ulong StartTicks)
{
    /// <summary>Clock ticks per second in everything the kernel tells programs: USER_HZ, 100 on every architecture .NET runs on.</summary>
    public const int TicksPerSecond = 100;

    private const uint KernelThreadFlag = 0x0020_0000;

    /// <summary>Its controlling terminal as a device number (tty_nr, in the kernel's new encoding); 0 for none.</summary>
    public int TerminalDevice { get; init; }

    /// <summary>The process that made its session (setsid(2)); 0 where that is outside the reader's pid namespace.</summary>
    public int SessionId { get; init; }

    /// <summary>Whether this is a thread of the kernel (PF_KTHREAD).</summary>
    public bool IsKernelThread => (Flags & KernelThreadFlag) != 0;

    /// <summary>
    /// Reads the text. The name stands in parentheses and may itself hold parentheses, spaces and line ends, so its end is the last one.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProcStat? stat)
    {
        stat = null;
        var open = text.IndexOf((byte)'(');
        var close = text.LastIndexOf((byte)')');
        if (open < 2 || close < open || !Utf8Parser.TryParse(text, out int pid, out var used) || used != open - 1)
        {
            return false;
        }

        // Field numbers of proc_pid_stat(5): 3 state, 4 ppid, 6 session, 7 tty_nr, 9 flags, 22 starttime.
        var fields = new FieldReader(text[(close + 1)..]);
        if (!fields.TryNext(out var state) || state.Length != 1 || !fields.TryNumber(out var parent) || parent > int.MaxValue
            || !fields.TrySkip(1) || !fields.TryNext(out var session) || !fields.TryNext(out var terminal) || !fields.TrySkip(1)
            || !fields.TryNumber(out var flags)
            || !fields.TrySkip(12) || !fields.TryNumber(out var start))
        {
            return false;
        }

        var command = System.Text.Encoding.UTF8.GetString(text[(open + 1)..close]);
        stat = new ProcStat(pid, command, (char)state[0], (int)parent, (uint)flags, start)
        {
            TerminalDevice = Utf8Parser.TryParse(terminal, out int device, out used) && used == terminal.Length ? device : 0,

            // -1 of a process that is just ending.
            SessionId = Utf8Parser.TryParse(session, out int id, out used) && used == session.Length ? Math.Max(0, id) : 0,
        };
        return true;
    }

    private ref struct FieldReader(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> _rest = text;

        public bool TryNext(out ReadOnlySpan<byte> field)
        {
            _rest = _rest.TrimStart((byte)' ');
            var end = _rest.IndexOfAny((byte)' ', (byte)'\n');
            field = end < 0 ? _rest : _rest[..end];
            _rest = _rest[field.Length..];
            return field.Length > 0;
        }

        public bool TryNumber(out ulong value)
        {
            value = 0;
            return TryNext(out var field) && Utf8Parser.TryParse(field, out value, out var used) && used == field.Length;
        }

        public bool TrySkip(int count)
        {
            while (count > 0 && TryNext(out _))
            {
                count--;
            }

            return count == 0;
        }
    }
}
