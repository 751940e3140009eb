using System.Text;
using Portolan.Cli.Charting;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Screens;

/// <summary>The chart at the widths of real terminals.</summary>
public sealed class ChartScreenTests
{
    [Fact]
    public void The_chart_fits_every_terminal() =>
        Support.Screens.AssertReviewed("chart", (width, ascii) => Draw(width, ascii, Busy(), hasVersions: false));

    [Fact]
    public void The_chart_with_versions_fits_every_terminal() =>
        Support.Screens.AssertReviewed("chart-identify", (width, ascii) => Draw(width, ascii, Asked(), hasVersions: true));

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(79)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(200)]
    public void What_decides_is_there_at_every_width(int width)
    {
        var drawn = Unbroken(Draw(width, ascii: false, Busy(), hasVersions: false));
        foreach (var row in Busy())
        {
            var owner = Unbroken($"{row.Owner.Name}{(row.Owner.Main is { } main ? $" {main.Pid}" : "")}");
            Assert.Contains($"{row.Port}/{row.Protocol.Name()}", drawn, StringComparison.Ordinal);
            Assert.Contains(owner, drawn, StringComparison.Ordinal);
        }

        if (width is < 80 or 200)
        {
            Assert.All(Busy(), row => Assert.Contains(Unbroken(row.Verdict.Summary), drawn, StringComparison.Ordinal));
        }
    }

    private static string Unbroken(string text) => string.Concat(text.Where(static c => !char.IsWhiteSpace(c)));

    private static string Draw(int width, bool ascii, IReadOnlyList<ChartRow> rows, bool hasVersions)
    {
        var chart = new ChartModel(
            rows, [new ChartWarning("close-wait", "node (29881) keeps 128 connections open that their peers have closed (CLOSE-WAIT)")],
            ClientSockets: 3, HiddenOwners: 0);
        var facts = new MachineBuilder().Facts;
        var bytes = new MemoryStream();
        var output = new Utf8Writer(AsciiMarkStream.Over(bytes, name => name == "LC_ALL" ? ascii ? "C" : "C.UTF-8" : null));
        var text = new ChartText(chart, facts, new OwnerName(static id => id == 0 ? "root" : "www-data"))
        {
            Host = "web-3",
            IsJudged = true,
            Managers = "nft",
            HasVersions = hasVersions,
            Inquiries = hasVersions ? ["2 ports were asked, 2 identified, in 0.2 s"] : [],
            Width = width,
        };
        text.WriteOwn(output);
        text.WriteTail(output);
        output.Flush();
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    internal static List<ChartRow> Busy() =>
    [
        Row(22, "0.0.0.0", "sshd", 29877, 0, "/srv", "ssh", PortExposure.Reachable, "allow input#6", connections: 2, inBytes: 120_000),
        Row(
            5000, "::", "registry", 29879, 33, "/srv/registry/data", "registry", PortExposure.Reachable,
            "allow, up to 9 a second input#10"),
        Row(
            8080, "::", "node", 29881, 33, "/srv/shop/releases/2026-11-20", "node app.js", PortExposure.Limited,
            "v4 only 203.0.113.0/28; v6 drop") with
        {
            Notes = ["accept queue full (129 of 128): new connections time out until the program accepts"],
        },
        Row(9090, "::", "prometheus", 29883, 33, "/srv", "prometheus", PortExposure.Limited, "only 10.0.0.0/8, fd00::/8") with
        {
            Notes = ["depends on whether the sender is in set inet fw trusted"],
        },
        Row(9091, "2001:db8:1:2::17", "alertmanager", 29884, 33, "/srv", "alertmanager", PortExposure.Limited, "only 10.0.0.0/8, fd00::/8")
            with
        { Notes = ["depends on whether the sender is in set inet fw trusted"] },
        Row(25, "::", "master", 29885, 0, "/srv", "smtp", PortExposure.Blocked, "reject input#11"),
        Unit(631, "cups.socket", "cups-with-a-name-that-is-rather-long.service", 29887, PortExposure.Blocked, "drop input policy"),
        Row(3306, "127.0.0.1", "mysqld", 29889, 33, "/srv", "mysql", PortExposure.Local, ""),
    ];

    private static List<ChartRow> Asked() =>
    [
        Row(22, "::", "sshd", 29877, 0, "/srv", "ssh", PortExposure.Reachable, "allow, no rule") with
        {
            Running = new RunningService("ssh", ServiceSource.Asked)
            {
                Protocol = "ssh",
                Product = "OpenSSH",
                Version = "9.2p1",
                Info = "Debian-2+deb12u7; protocol 2.0",
            },
        },
        Row(9090, "::", "nginx", 29879, 0, "/srv", "http", PortExposure.Reachable, "allow, no rule") with
        {
            Running = new RunningService("http", ServiceSource.Asked) { Protocol = "http", Product = "nginx", Version = "1.22.1" },
        },
    ];

    internal static ChartRow Row(
        ushort port, string address, string name, int pid, uint user, string folder, string service, PortExposure exposure,
        string verdict, int connections = 0, ulong inBytes = 0) => new()
        {
            NamespaceIndex = 0,
            IsOwnNamespace = true,
            Port = new PortNumber(port),
            Protocol = TransportProtocol.Tcp,
            Binds = [new PortBind(MachineBuilder.Parse($"{address}:1").Address, true, 0)],
            Owner = new PortOwner
            {
                Kind = OwnerKind.Process,
                Name = name,
                UserId = user,
                Processes = [new ProcessInfo(pid, 1) { Name = name, UserId = user, WorkingDirectory = folder }],
            },
            Running = new RunningService(service, ServiceSource.Program),
            Exposure = exposure,
            Verdict = PortVerdict.NotJudged with { Summary = verdict },
            Connections = connections,
            BytesIn = inBytes,
            BytesOut = 0,
        };

    private static ChartRow Unit(ushort port, string socket, string unit, int pid, PortExposure exposure, string verdict) =>
        Row(port, "::", unit, pid, 0, "/", "ipp", exposure, verdict) is var row
            ? row with { Owner = row.Owner with { Kind = OwnerKind.Unit, ActivatedBy = socket } }
            : row;
}
