namespace Portolan.Kernel.Tests.Support;

/// <summary>Real ufw in the caller's network namespace.</summary>
internal static class Ufw
{
    /// <summary>
    /// Runs commands of a shell, in which <c>ufw</c> changes copies of its files alone. Skips the test where it is not installed.
    /// </summary>
    public static void Run(string commands)
    {
        // ufw keeps its state in /etc/ufw and /etc/default: it gets copies of its own, in a mount namespace that goes with it.
        var script =
            $"""
            set -e
            copy=$(mktemp -d)
            mount -t tmpfs tmpfs "$copy"
            cp -a /etc/ufw "$copy/ufw"; cp -a /etc/default "$copy/default"
            mount --bind "$copy/ufw" /etc/ufw; mount --bind "$copy/default" /etc/default
            umount -l "$copy"; rmdir "$copy"
            PATH={Path.GetDirectoryName(Tool.Find("ufw"))}:/usr/sbin:/usr/bin:/sbin:/bin
            {commands}
            """;
        Tool.Feed("unshare", "", "--mount", "--propagation", "private", "/bin/sh", "-c", script);
    }
}
