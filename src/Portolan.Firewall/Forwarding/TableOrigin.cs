using System.Diagnostics.CodeAnalysis;
using Portolan.Linux.Proc;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// Where settings were changed: in which run of the kernel, and in which network namespace. A table that came back with saved rules, or was
/// loaded elsewhere, is of another: what it says is no longer so.
/// </summary>
/// <param name="Boot">The kernel's boot id (/proc/sys/kernel/random/boot_id), new at each start of the host.</param>
/// <param name="Space">The network namespace as /proc names it, such as <c>net:[4026531840]</c>.</param>
internal sealed record TableOrigin(string Boot, string Space)
{
    private const string Word = "boot";
    private const string Unknown = "unknown";

    /// <summary>This run of the kernel, and the namespace of the calling thread.</summary>
    public static TableOrigin Here(string procRoot) => new(
        SystemSetting.Read(procRoot, "kernel/random/boot_id")?.Trim() is { Length: > 0 } boot ? boot : Unknown,
        new FileInfo(Path.Combine(procRoot, "thread-self/ns/net")).LinkTarget ?? Unknown);

    /// <summary>One line for the kernel to keep.</summary>
    public string ToNote() => $"{Word} {Boot} {Space}";

    /// <summary>Reads such a line.</summary>
    public static bool TryParse(string note, [NotNullWhen(true)] out TableOrigin? origin)
    {
        origin = note.Split(' ') is [Word, { Length: > 0 } boot, { Length: > 0 } space] ? new TableOrigin(boot, space) : null;
        return origin is not null;
    }
}
