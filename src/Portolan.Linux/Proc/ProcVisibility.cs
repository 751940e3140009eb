using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Proc;

/// <summary>Distinguishes processes that are hidden for want of privilege from those that have nothing to hide.</summary>
public static class ProcVisibility
{
    /// <summary>How many processes the caller may not look into, as <see cref="Count"/> finds them.</summary>
    /// <exception cref="LinuxException">The list of processes cannot be read.</exception>
    public static int CountHidden(ProcHandle root) => Count(root).Hidden;

    /// <summary>
    /// How many processes /proc shows, and how many of them the caller may not look into, at one call each: the link <c>exe</c> asks for
    /// the same permission as those of the descriptors. For a search that goes another way but found no owner: a security module may
    /// hide a process from it without a word.
    /// </summary>
    /// <remarks>
    /// A process that goes while it is looked at looks like one that hides, so those that seem to hide are looked at again.
    /// </remarks>
    /// <exception cref="LinuxException">The list of processes cannot be read.</exception>
    public static (int Visible, int Hidden) Count(ProcHandle root)
    {
        var pids = new List<int>();
        root.ListPids(pids);
        var visible = pids.Count;
        using var raised = RaisedCapabilities.ToReadProcesses();

        // Process 1 always exists. A /proc mounted with hidepid=2 leaves out what the caller may not see; how many is not known.
        var unlisted = visible > 0 && !pids.Contains(1) ? 1 : 0;
        pids.RemoveAll(pid => !IsHidden(root, pid));
        pids.RemoveAll(pid => !IsHidden(root, pid));
        return (visible, pids.Count + unlisted);
    }

    private static bool IsHidden(ProcHandle root, int pid)
    {
        Span<byte> name = stackalloc byte[32];
        return IsHidden(root, pid, root.TryLink(ProcPath.Of(pid, "/exe"u8, name)));
    }

    /// <summary>Whether an error means that the caller lacks a permission.</summary>
    internal static bool IsPermission(int errno) => errno is Libc.EACCES or Libc.EPERM;

    /// <summary>
    /// Whether a process whose descriptors could not be read, for the reason <paramref name="errno"/>, may hold any. Kernel threads and
    /// zombies have no memory (the first number of statm) and no descriptors: not seeing theirs hides nothing.
    /// </summary>
    internal static bool IsHidden(ProcHandle root, int pid, int errno)
    {
        if (!IsPermission(errno))
        {
            return false;
        }

        Span<byte> name = stackalloc byte[32];
        Span<byte> text = stackalloc byte[64];
        var count = root.Read(ProcPath.Of(pid, "/statm"u8, name), text);

        // Gone meanwhile: ENOENT or ESRCH.
        return count > 0 ? !text[..count].StartsWith("0 "u8) : IsPermission(-count);
    }
}
