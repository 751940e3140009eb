using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Tests.Fleet;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Watch;

/// <summary>A real rsyslogd takes what <c>portolan watch test</c> sends it, by each way, as one line with its fields.</summary>
public sealed class SyslogTests : IDisposable
{
    private const string Rsyslogd = "/usr/sbin/rsyslogd";

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-syslog").FullName;
    private System.Diagnostics.Process? _server;

    public void Dispose()
    {
        if (_server is { HasExited: false })
        {
            _server.KillAndEnd();
        }

        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_line_arrives_by_the_local_socket_by_UDP_and_by_TCP()
    {
        Assert.SkipUnless(File.Exists(Rsyslogd), "rsyslogd is not installed: apt-get install rsyslog");
        Assert.SkipUnless(
            File.Exists(Path.Combine(BuiltProgram.Folder, "portolan-server")), "portolan-server is not built: ./test builds it");
        var ports = ServerFolder.FreePorts(2);
        var log = Path.Combine(_folder, "log");
        File.WriteAllText(Path.Combine(_folder, "rsyslog.conf"), string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            global(workDirectory="{{_folder}}")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="{{_folder}}/dev-log" CreatePath="on")
            module(load="imudp")
            input(type="imudp" address="127.0.0.1" port="{{ports[0]}}")
            module(load="imtcp")
            input(type="imtcp" address="127.0.0.1" port="{{ports[1]}}")
            template(name="t" type="string"
                string="%syslogfacility-text%.%syslogseverity-text% %hostname% %app-name% %procid% %msgid% %inputname%|%msg%\n")
            *.* action(type="omfile" file="{{log}}" template="t")
            """));
        File.WriteAllText(Path.Combine(_folder, "watch.yaml"), string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            schema: portolan.watch/1
            receivers:
              here: { kind: syslog, server: "unix:{{_folder}}/dev-log", facility: local5 }
              udp: { kind: syslog, server: "udp://127.0.0.1:{{ports[0]}}" }
              tcp: { kind: syslog, server: "tcp://127.0.0.1:{{ports[1]}}" }
            """));
        _server = System.Diagnostics.Process.Start(
            Rsyslogd, ["-n", "-f", Path.Combine(_folder, "rsyslog.conf"), "-i", Path.Combine(_folder, "pid")]);
        Bounded.Until(() => File.Exists(Path.Combine(_folder, "dev-log")), "rsyslogd listens");

        foreach (var name in new[] { "here", "udp", "tcp" })
        {
            ProgramResult result = new(1, "", "");
            Bounded.Until(
                () =>
                {
                    result = ProgramRunner.Run(
                        BuiltProgram.Path, ["watch", "test", Path.Combine(_folder, "watch.yaml"), name], TimeSpan.FromMinutes(1),
                        TestContext.Current.CancellationToken);
                    return result.ExitCode == 0;
                },
                $"{name} works: {result.Error}");
            Bounded.Until(() => Text(log).Contains($"the receiver {name} works", StringComparison.Ordinal), $"{name} is in the log");
        }

        var host = Environment.MachineName;
        var lines = Text(log).Split('\n').Where(static line => line.Contains("portolan", StringComparison.Ordinal)).ToList();
        Assert.Contains(lines, line => line.StartsWith("local5.info ", StringComparison.Ordinal)
            && line.Contains(" imuxsock| This is a test from portolan watch on ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith($"daemon.info {host} portolan ", StringComparison.Ordinal)
            && line.Contains(" test imudp|", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith($"daemon.info {host} portolan ", StringComparison.Ordinal)
            && line.Contains(" test imtcp|", StringComparison.Ordinal));
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : "";
}
