using System.Buffers.Text;

namespace Portolan.Linux.Proc;

/// <summary>
/// Reads what is needed of /proc/PID/status (proc_pid_status(5)). The kernel escapes line ends in the name, so a line is a line.
/// </summary>
public static class ProcStatus
{
    /// <summary>The effective user id: the second number after <c>Uid:</c>.</summary>
    public static bool TryParseEffectiveUser(ReadOnlySpan<byte> text, out uint user)
    {
        user = 0;
        var key = "\nUid:\t"u8;
        var at = text.IndexOf(key);
        if (at < 0)
        {
            return false;
        }

        var numbers = text[(at + key.Length)..];
        var tab = numbers.IndexOf((byte)'\t');
        return tab > 0 && Utf8Parser.TryParse(numbers[(tab + 1)..], out user, out _);
    }
}
