using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Watch;

/// <summary>The unit of samples/systemd: systemd takes it, and watch sees within it whose a new port is.</summary>
public sealed class WatchUnitTests : IDisposable
{
    private const string Installed = "/usr/local/bin/portolan";

    // What systemd-analyze calls OK ends at 4.9. The unit says why each part is left open.
    private const string MostExposure = "39";

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-units").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_unit_is_valid_and_leaves_no_more_open_than_it_says()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed: apt-get install systemd");
        var unit = Path.Combine(_folder, "portolan-watch.service");
        File.WriteAllText(unit, Text().Replace(Installed, "/bin/true", StringComparison.Ordinal));
        var valid = Analyze("verify", "--man=no", unit);
        Assert.True(valid is { ExitCode: 0, Error: "" }, valid.Error);
        var exposure = Analyze("security", "--offline=yes", "--no-pager", $"--threshold={MostExposure}", unit);
        Assert.True(exposure.ExitCode == 0, exposure.Output + exposure.Error);
    }

    [Fact]
    public void Within_the_unit_events_reach_a_receiver_with_owner_and_reach_and_reload_is_SIGHUP()
    {
        Assert.SkipUnless(
            File.Exists(Path.Combine(BuiltProgram.Folder, "portolan-server")), "portolan-server is not built: ./test builds it");
        using var machine = SystemdMachine.Start();

        // The program that the tests start may be compiled as it runs; the installed one is not. /var/lib is not memory here.
        var text = Text().Replace(Installed, SystemdMachine.PortolanPath, StringComparison.Ordinal)
            .Replace(" watch --config", " watch --store /run/portolan-watch/h.db --every 1s --config", StringComparison.Ordinal)
            .Replace("StateDirectory", "RuntimeDirectory", StringComparison.Ordinal)
            .Replace("MemoryDenyWriteExecute=yes", "MemoryDenyWriteExecute=no", StringComparison.Ordinal)
            .Replace(
                "[Service]", "[Service]\nStandardError=append:/run/watch.log\nStandardOutput=append:/run/watch.out",
                StringComparison.Ordinal);
        machine.Shell(
            $$"""
            cat > /etc/systemd/system/portolan-watch.service <<'U'
            {{text}}
            U
            mkdir -p /etc/portolan; cd /etc/portolan
            printf '#!/bin/sh\ncat >>/run/portolan-watch/got\n' >/etc/portolan/program; chmod 755 program
            printf 'schema: portolan.watch/1\nreceivers:\n  p: { kind: program, path: /etc/portolan/program }\n' >watch.yaml
            useradd --system --no-create-home --shell /usr/sbin/nologin portolan-test
            cat > /etc/systemd/system/listener.service <<'U'
            [Service]
            User=portolan-test
            ExecStart=/usr/bin/perl -MIO::Socket::INET -e '@l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:8080"); sleep'
            U
            systemctl daemon-reload; systemctl start portolan-watch
            """);
        WaitFor("/run/watch.log", "watching the ports of");
        machine.Shell("systemctl start listener");
        WaitFor("/run/watch.out", "8080/tcp opened: listener.service, 127.0.0.1, local");
        WaitFor("/run/portolan-watch/got", "\"event\":\"port-opened\"");
        machine.Shell("systemctl reload portolan-watch");
        WaitFor("/run/watch.log", "/etc/portolan/watch.yaml is in effect");
        machine.Shell("systemctl stop portolan-watch; systemctl show -P Result portolan-watch | grep -qx success");

        void WaitFor(string file, string words)
        {
            try
            {
                machine.WaitFor($"{file} to have {words}", () => machine.Run("cat", file).Output.Contains(words, StringComparison.Ordinal));
            }
            catch (Exception exception)
            {
                var state = machine.Shell("cat /run/watch.log; systemctl status --no-pager --lines=0 portolan-watch || true");
                throw new InvalidOperationException($"{file} never had {words}: {state}", exception);
            }
        }
    }

    private static string Text() => File.ReadAllText(Repository.PathOf("samples", "systemd", "portolan-watch.service"));

    private static ProgramResult Analyze(params string[] words) =>
        ProgramRunner.Run("/usr/bin/systemd-analyze", words, TimeSpan.FromMinutes(1), CancellationToken.None);
}
