using System.Diagnostics;
using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Kernel.Tests.Stopping;

/// <summary>
/// <c>portolan stop</c> beside a real systemd, which is process 1 of namespaces of its own. The machine's files are read-only in there, and what
/// systemd writes goes to memory.
/// </summary>
public sealed class SystemdStopTests
{
    private const string Systemd = "/lib/systemd/systemd";

    // The listeners besides web.service run in groups that systemd did not make: one that a user's manager would have, one with the name of a
    // unit that systemd has elsewhere, one with the name of no unit.
    private const string Script =
        """
        set -e
        mount --make-rprivate /
        mount -t proc proc /proc
        for folder in /tmp /run /var/log /var/lib/systemd /etc/systemd/system; do mount -t tmpfs tmpfs $folder; done
        umount -R /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mount --bind /proc/sys /proc/sys
        mount -o remount,ro,bind /proc/sys
        mount -o remount,ro,bind /
        if touch /etc/portolan-test 2>/dev/null || [ "$(stat -f -c %T /tmp)" != tmpfs ]; then exit 3; fi
        ip link set lo up
        perl='use Socket; socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in($ARGV[0], INADDR_ANY)) or die; listen(S, 5); sleep 120'
        cat > /etc/systemd/system/portolan-test.target <<U
        [Unit]
        DefaultDependencies=no
        Wants=web.service
        U
        cat > /etc/systemd/system/web.service <<U
        [Unit]
        DefaultDependencies=no
        [Service]
        StandardOutput=null
        StandardError=null
        ExecStart=/usr/bin/perl /run/listen 7300
        U
        echo "$perl" > /run/listen
        listen() {
          mkdir -p /sys/fs/cgroup/$2
          sh -c 'echo $$ > /sys/fs/cgroup/'$2'/cgroup.procs; exec perl /run/listen '$1 </dev/null >/dev/null 2>&1 &
        }
        listen 7301 user.slice/user-1000.slice/user@1000.service/web.service
        listen 7302 other.slice/web.service
        listen 7303 system.slice/nosuch.service
        container=portolan exec /lib/systemd/systemd --system --unit=portolan-test.target --show-status=0 --log-target=null
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Only_a_unit_that_systemd_confirms_is_stopped_by_systemctl()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "systemd is started by root: run as root");
        Assert.SkipUnless(File.Exists(Systemd) && KernelStopActions.Systemctl is not null, "systemd is not installed: apt-get install systemd");
        var mount = CgroupTree.FindMount();
        Assert.SkipWhen(mount is null, "cgroup2 is not mounted here");
        var group = $"{mount}/portolan_test_{Guid.NewGuid():N}";
        Directory.CreateDirectory(group);
        var start = new ProcessStartInfo(Tool.Find("sh")) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"echo $$ > {group}/cgroup.procs && exec unshare --pid --fork --mount --cgroup --net --uts --ipc sh -c \"$0\"");
        start.ArgumentList.Add(Script);
        using var unshare = Process.Start(start)!;
        using var processes = new ProcessReader();
        var systemd = 0;
        try
        {
            systemd = FindSystemd(processes, unshare);
            Assert.SkipWhen(systemd == 0, "systemd cannot be process 1 of namespaces here");
            Assert.SkipUnless(IsServing(systemd), "systemd does not start services in namespaces here");

            Assert.Equal(["  would systemctl stop web.service"], Plan(systemd, 7300));
            Assert.All([7301, 7302, 7303], port => Assert.Matches("^  would send TERM to perl \\([0-9]+\\)", Assert.Single(Plan(systemd, port))));
            Assert.Contains("web.service", Inside(systemd, "who", "7301").Output, StringComparison.Ordinal);
            Assert.Contains("(user unit)", Inside(systemd, "who", "7301").Output, StringComparison.Ordinal);
            Assert.DoesNotContain("(user unit)", Inside(systemd, "who", "7300").Output, StringComparison.Ordinal);

            var stopped = Inside(systemd, "stop", "7300", "--yes");
            Assert.True(stopped.ExitCode == 0, stopped.Error);
            Assert.Contains("systemctl stopped web.service", stopped.Output, StringComparison.Ordinal);
        }
        finally
        {
            // Process 1 takes all of its namespace with it.
            if (systemd != 0)
            {
                using var first = Process.GetProcessById(systemd);
                first.Kill();
            }

            unshare.Kill(entireProcessTree: true);
            unshare.WaitForExit(Patience);
            Remove(group);
        }
    }

    private static int FindSystemd(ProcessReader processes, Process unshare)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience && !unshare.HasExited; Thread.Sleep(20))
        {
            foreach (var folder in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                    && processes.Read(pid, ProcessFields.Paths) is { } process && process.ParentPid == unshare.Id && process.Name == "systemd")
                {
                    return pid;
                }
            }
        }

        return 0;
    }

    private static bool IsServing(int systemd)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience; Thread.Sleep(50))
        {
            var state = ProgramRunner.Run(Tool.Find("nsenter"), [.. Namespaces(systemd), "systemctl", "show", "--property=ActiveState", "web.service"], Patience, CancellationToken.None);
            if (state.Output.Trim() == "ActiveState=active" && Inside(systemd, "who", "7300").ExitCode == 0)
            {
                return true;
            }
        }

        return false;
    }

    private static string[] Plan(int systemd, int port)
    {
        var result = Inside(systemd, "stop", port.ToString(CultureInfo.InvariantCulture), "--dry-run");
        Assert.True(result.ExitCode == 0, result.Error);
        return [.. result.Output.Split('\n').Where(line => line.StartsWith("  would", StringComparison.Ordinal)).Select(line => line.Split(", KILL")[0])];
    }

    private static ProgramResult Inside(int systemd, params string[] words) =>
        ProgramRunner.Run(Tool.Find("nsenter"), [.. Namespaces(systemd), Path.Combine(AppContext.BaseDirectory, "portolan"), .. words], Patience, CancellationToken.None);

    private static string[] Namespaces(int systemd) => ["-t", systemd.ToString(CultureInfo.InvariantCulture), "--mount", "--pid", "--net", "--cgroup", "--uts", "--ipc"];

    // The deepest first; a group is empty only when the last of its processes was reaped.
    private static void Remove(string group)
    {
        for (var started = Stopwatch.GetTimestamp(); Directory.Exists(group) && Stopwatch.GetElapsedTime(started) < Patience; Thread.Sleep(20))
        {
            foreach (var folder in Directory.EnumerateDirectories(group, "*", SearchOption.AllDirectories).Append(group).OrderByDescending(f => f.Length))
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
