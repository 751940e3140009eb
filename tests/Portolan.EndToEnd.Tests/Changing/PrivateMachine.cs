using System.Diagnostics;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>
/// A host that is a machine of its own to programs: process numbers from 1, and copies of /etc and /run that nobody else sees and that go
/// with it.
/// </summary>
internal static class PrivateMachine
{
    /// <summary>
    /// Shell that puts a copy in place of /etc, in mount and process namespaces of the test's own: the first process of those is the
    /// machine's to the program, which saves confirmed rules for the next start. Everything ends unless /etc is a copy.
    /// </summary>
    internal const string CopyOfEtc =
        """
        set -e
        copy=$(mktemp -d)
        mount -t tmpfs tmpfs "$copy"
        cp -a /etc "$copy/etc"
        mount --bind "$copy/etc" /etc
        umount -l "$copy"; rmdir "$copy"
        test "$(stat -f -c %T /etc)" = tmpfs
        set +e

        """;

    private const string Start =
        $"""
        {CopyOfEtc}set -e
        mount -t tmpfs tmpfs /run
        rm -rf /etc/portolan /etc/systemd/system
        PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH
        unset SSH_CONNECTION SSH_CLIENT SSH_TTY
        set +e

        """;

    /// <summary>Runs lines of a shell to their end. <c>$P</c> is the program.</summary>
    public static RunResult Run(LabHost host, string script)
    {
        var (output, error, exit) = host.Execute(Tool.Find("unshare"), null, Arguments(script));
        return new RunResult(exit, output, error);
    }

    /// <summary>Starts lines of a shell, which end when the process does.</summary>
    public static Process Begin(LabHost host, string script) => host.Start(Tool.Find("unshare"), Arguments(script));

    private static string[] Arguments(string script) =>
        ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "/usr/bin/env", "-u", "SSH_CONNECTION",
            "-u", "SSH_CLIENT", "-u", "SSH_TTY", "/bin/sh", "-c", $"{Start}P='{PortolanProgram.Path}'\n{script}"];
}
