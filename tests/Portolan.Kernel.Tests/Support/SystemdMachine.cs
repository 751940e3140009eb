using System.Diagnostics;
using System.Globalization;
using Portolan.Linux;
using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Kernel.Tests.Support;

/// <summary>
/// A machine of the test's own: systemd as process 1 of pid, mount, cgroup, network, IPC and UTS namespaces. The machine's files are
/// read-only in there, /etc is a copy, and whatever is written goes to memory and is gone with process 1.
/// </summary>
internal sealed class SystemdMachine : IDisposable
{
    internal const string Program = "/lib/systemd/systemd";

    // Every folder that something writes to is memory, /dev has nodes of its own, and of /proc/sys only what belongs to the network
    // namespace may be written. The script ends before systemd starts where one of these protections is missing.
    private const string Prepare =
        """
        set -e
        mount --make-rprivate /
        mount -t proc proc /proc
        for folder in /run /var/log /var/lib/systemd /var/lib/docker /var/lib/containers /var/lib/containerd /var/tmp; do
          if test -d $folder; then mount -t tmpfs tmpfs $folder; fi
        done
        mkdir -p /run/portolan-program /run/root
        mount --bind PROGRAM /run/portolan-program
        cp -a /etc /run/etc
        mount --bind /run/etc /etc
        mount -t tmpfs tmpfs /etc/systemd/system
        umount -R /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mkdir -p /run/dev /run/proc
        mount -t tmpfs -o mode=755 tmpfs /run/dev
        mkdir -p /run/dev/pts /run/dev/shm /run/dev/net /run/dev/mqueue
        mknod -m 666 /run/dev/null c 1 3; mknod -m 666 /run/dev/zero c 1 5; mknod -m 666 /run/dev/full c 1 7; mknod -m 666 /run/dev/random c 1 8
        mknod -m 666 /run/dev/urandom c 1 9; mknod -m 666 /run/dev/tty c 5 0; mknod -m 666 /run/dev/fuse c 10 229; mknod -m 666 /run/dev/net/tun c 10 200
        ln -s /proc/self/fd /run/dev/fd; ln -s fd/0 /run/dev/stdin; ln -s fd/1 /run/dev/stdout; ln -s fd/2 /run/dev/stderr; ln -s pts/ptmx /run/dev/ptmx
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /run/dev/pts
        mount -t tmpfs -o mode=1777 tmpfs /run/dev/shm
        mount --rbind /run/dev /dev
        mount -t proc proc /run/proc
        mount --bind /proc/sys /proc/sys
        mount -o remount,ro,bind /proc/sys
        mount --bind /run/proc/sys/net /proc/sys/net
        PREPARE
        mount -t tmpfs tmpfs /tmp
        mount -o remount,ro,bind /
        if touch /usr/portolan-test 2>/dev/null || touch /var/portolan-test 2>/dev/null || [ "$(stat -f -c %T /tmp)" != tmpfs ] || [ "$(stat -f -c %T /run)" != tmpfs ]; then exit 3; fi
        ip link set lo up
        cat > /etc/systemd/system/portolan-test.target <<U
        [Unit]
        DefaultDependencies=no
        WANTS
        U
        container=portolan exec /lib/systemd/systemd --system --unit=portolan-test.target --show-status=0 --log-target=null
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _unshare;
    private readonly string _group;
    private int _systemd;

    private SystemdMachine(Process unshare, string group) => (_unshare, _group) = (unshare, group);

    /// <summary>Starts it. Skips the test where that is not possible.</summary>
    /// <param name="prepare">Shell that runs right before systemd, when only folders of memory can be written.</param>
    /// <param name="units">Units to start.</param>
    internal static SystemdMachine Start(string prepare = "", params string[] units)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "systemd is started by root: run as root");
        Assert.SkipUnless(
            File.Exists(Program) && KernelStopActions.Systemctl is not null, "systemd is not installed: apt-get install systemd");
        var mount = CgroupTree.FindMount();
        Assert.SkipWhen(mount is null, "cgroup2 is not mounted here");
        var group = $"{mount}/portolan_test_{Guid.NewGuid():N}";
        Directory.CreateDirectory(group);
        var start = new ProcessStartInfo(Tool.Find("sh"))
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            $"echo $$ > {group}/cgroup.procs && exec unshare --pid --fork --mount --cgroup --net --uts --ipc sh -c \"$0\"");
        start.ArgumentList.Add(Prepare.Replace("PROGRAM", $"'{BuiltProgram.Folder}'", StringComparison.Ordinal)
            .Replace("PREPARE", prepare, StringComparison.Ordinal).Replace(
                "WANTS", string.Concat(units.Select(u => $"Wants={u}\n")), StringComparison.Ordinal));
        var machine = new SystemdMachine(Process.Start(start)!, group);
        try
        {
            machine._systemd = machine.FindSystemd();
            if (machine._systemd == 0 && machine._unshare.HasExited)
            {
                Assert.Fail($"the machine was not prepared: {machine._unshare.StandardError.ReadToEnd()}");
            }

            Assert.SkipWhen(machine._systemd == 0, "systemd cannot be process 1 of namespaces here");
            machine.WaitFor(
                "systemd to answer", () => machine.Run("systemctl", "is-active", "portolan-test.target").Output.Trim() == "active");
            return machine;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    /// <summary>Runs a program inside.</summary>
    internal ProgramResult Run(params string[] words) =>
        ProgramRunner.Run(Tool.Find("nsenter"), [.. Namespaces(), .. words], Patience, CancellationToken.None);

    /// <summary>Runs shell inside, which must succeed; returns what it printed.</summary>
    internal string Shell(string script)
    {
        var result = ProgramRunner.Run(Tool.Find("nsenter"), [.. Namespaces(), "sh", "-ec", script], Patience, CancellationToken.None);
        Assert.True(result.ExitCode == 0, $"{script}\nended with {result.ExitCode}: {result.Error}{result.Output}");
        return result.Output;
    }

    /// <summary>Runs the program inside, as root.</summary>
    internal ProgramResult Portolan(params string[] words) => Run([PortolanPath, .. words]);

    /// <summary>Where the program is inside, whatever folder the tests lie in.</summary>
    internal const string PortolanPath = "/run/portolan-program/portolan";

    /// <summary>Waits until something is so.</summary>
    internal void WaitFor(string what, Func<bool> isSo)
    {
        for (var started = Stopwatch.GetTimestamp(); !isSo(); Thread.Sleep(20))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"waited in vain for {what}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Process 1 takes all of its namespace with it.
        if (_systemd != 0)
        {
            try
            {
                using var first = Process.GetProcessById(_systemd);
                first.Kill();
            }
            catch (ArgumentException)
            {
                // It ended by itself.
            }
        }

        _unshare.Kill(entireProcessTree: true);
        _unshare.WaitForExit(Patience);
        _unshare.Dispose();
        RemoveGroups();
    }

    private string[] Namespaces() =>
    [
        "-t", _systemd.ToString(CultureInfo.InvariantCulture), "--mount", "--pid", "--net", "--cgroup", "--uts", "--ipc",
        "env", "HOME=/run/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ];

    private int FindSystemd()
    {
        using var processes = new ProcessReader();
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience && !_unshare.HasExited; Thread.Sleep(20))
        {
            foreach (var folder in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                    && processes.Read(pid, ProcessFields.Paths) is { } process && process.ParentPid == _unshare.Id
                    && process.Name == "systemd")
                {
                    return pid;
                }
            }
        }

        return 0;
    }

    // The deepest first; a group is empty only when the last of its processes was reaped.
    private void RemoveGroups()
    {
        for (var started = Stopwatch.GetTimestamp(); Directory.Exists(_group)
            && Stopwatch.GetElapsedTime(started) < Patience; Thread.Sleep(20))
        {
            foreach (var folder in Directory.EnumerateDirectories(_group, "*", SearchOption.AllDirectories).Append(_group)
                .OrderByDescending(f => f.Length))
            {
                try
                {
                    Directory.Delete(folder);
                }
                catch (IOException)
                {
                    // Tried again.
                }
            }
        }
    }
}
