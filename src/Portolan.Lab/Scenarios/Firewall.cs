using System.Globalization;
using System.Net;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Lab.Scenarios.Scanning;
using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// A firewall that allows, drops and rejects, as a client sees it and as a scanner sees it; and the port that it says nothing about.
/// </summary>
internal sealed class Firewall : IScenario
{
    /// <summary>The port of a program that a host has forgotten.</summary>
    private const int ForgottenPort = 5432;

    /// <summary>How long the client waits for an answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Row[] Rows =
    [
        new(80, "allow", "connected", PortState.Open, ReplyReason.SynAck),
        new(23, "drop", "timed out", PortState.Filtered, ReplyReason.NoResponse),
        new(25, "reject (port unreachable)", "connection refused", PortState.Filtered, ReplyReason.PortUnreachable),
        new(110, "reject with tcp-reset", "connection refused", PortState.Closed, ReplyReason.Reset),
        new(143, "reject with admin-prohibited", "no route to host", PortState.Filtered, ReplyReason.AdministrativelyProhibited),
        new(8080, "no rule, no listener", "connection refused", PortState.Closed, ReplyReason.Reset),
    ];

    public string Name => "firewall";

    public string Summary => "allow, drop and reject as a client and a scanner see them, and why unused ports are closed";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await InsideAsync(stage);
        var dials = await ClientAsync(stage);
        await ScannerAsync(stage, dials);
        await ForgottenAsync(stage);
    }

    private static async Task InsideAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "A server has five services, for web, Telnet and mail. A neighbour in its own network reaches all of them: their packets do "
                + "not pass the router gateway, "
            + "and so not its firewall. The ladder shows the first.");
        stage.ShowPackets(4);
        foreach (var row in Rows.Where(static r => r.Port != 8080))
        {
            await using var dial = await Dial.TryAsync(stage["neighbour"], stage.EndPointOf("server", row.Port), Patience, stage.Time);
            stage.ExpectEqual("connected", dial.Outcome, $"what the neighbour sees at port {row.Port}");
        }

        stage.Expect(
            stage.Packets.All(static p => p.Segment == "servers" && p.To != "gateway" && p.From != "gateway"),
            "no packet of this passes the router");
    }

    private static async Task<List<Dial>> ClientAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "A client outside tries the same ports, and one where nothing listens. What is allowed connects. What is dropped gets no "
                + "answer: the client asks again and again, "
            + "until it gives up. What is rejected is answered at once, by an ICMP error or a RST, and the client knows that it need not "
            + "wait. The ladder shows what is dropped, "
            + "and what is answered with an ICMP error.");
        stage.DrawOnly(
            static p => PacketHeads.TryRead(p.Bytes, out var heads) && (heads.DestinationPort is 23 or 25 or 143 || !heads.HasPorts));
        var dials = new List<Dial>();
        foreach (var row in Rows)
        {
            var dial = await Dial.TryAsync(stage["client"], stage.EndPointOf("server", row.Port), Patience, stage.Time);
            dials.Add(dial);
            await dial.DisposeAsync();
            await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        }

        stage.Show("what the client sees", TextColumns.Lines(
            ["port", "firewall", "client", "after"],
            Rows.Zip(dials, static (r, d) => (IReadOnlyList<string>)[$"{r.Port}", r.Rule, d.Outcome, TimeText(d.Took)])));
        foreach (var (row, dial) in Rows.Zip(dials))
        {
            stage.ExpectEqual(row.Client, dial.Outcome, $"what the client sees at port {row.Port}");
        }

        stage.Expect(dials[1].Took >= Patience, "a dropped packet costs the client all its patience, 5 s", TimeText(dials[1].Took));
        stage.Expect(
            dials.Where((_, i) => i != 1).All(static d => d.Took < TimeSpan.FromMilliseconds(100)), "all other answers come within 100 ms");
        foreach (var port in new[] { 23, 25, 110, 143 })
        {
            stage.ExpectEqual(0, CountIn(stage, "servers", port), $"the number of packets for port {port} in the server's network");
        }

        return dials;
    }

    private static async Task ScannerAsync(ScenarioStage stage, List<Dial> dials)
    {
        await stage.StepAsync(
            "A scanner sends SYNs to the same ports and looks at the answers themselves, so it sees more than a client's error says. A RST "
                + "is the answer of a host: closed. "
            + "Silence and ICMP errors show that something on the way filters, and an error shows who does. Only a firewall that answers "
            + "with a RST looks like a closed port. "
            + "Each SYN leaves from a port of its own, so that its answer can be told from the others. At the end the scanner asks three "
            + "ports chosen at random: a host on which they are all open answers for every port, and its open ports mean nothing.");
        var ports = new PortSet([.. Rows.Select(static r => new PortNumber((ushort)r.Port))]);
        var server = stage.AddressOf("server");
        var scan = await StageScan.RunAsync(stage, [server], ports, TransportProtocol.Tcp, isShown: true);
        var found = Rows.Select(r => scan.Of(server, TransportProtocol.Tcp, new PortNumber((ushort)r.Port))).ToList();
        stage.Show("the same ports, as both see them", TextColumns.Lines(
            ["port", "firewall", "client", "scanner", "because of", "sent by"],
            Rows.Select((r, i) => (IReadOnlyList<string>)
            [
                $"{r.Port}", r.Rule, dials[i].Outcome, found[i]?.State.Name() ?? "", found[i]?.Reason.Name() ?? "",
                found[i] is { Reason: not ReplyReason.NoResponse } f ? SenderOf(stage, f.ReasonAddress ?? server, r.Port) : "",
            ])));
        for (var i = 0; i < Rows.Length; i++)
        {
            stage.ExpectEqual(
                $"{Rows[i].State.Name()} ({Rows[i].Reason.Name()})", $"{found[i]?.State.Name()} ({found[i]?.Reason.Name()})",
                $"what the scanner says of port {Rows[i].Port}");
        }

        stage.ExpectEqual(
            "gateway", stage.Network.Directory.NameOf(found[2]?.ReasonAddress ?? default), "who sends the ICMP error for port 25");
        var resets =
            WirePacket.Arrived(stage.Packets).Where(static p => p.Record.To == "vantage" && p.Is(TcpFlags.Rst | TcpFlags.Ack)).ToList();
        var (made, own) = (resets.Find(static p => p.SourcePort.Value == 110)?.HopLimit,
            resets.Find(static p => p.SourcePort.Value == 8080)?.HopLimit);
        stage.Remark(
            "One thing gives it away: the RST of port 110 has the server's address as its source, but the gateway sent it: it comes with "
            + $"TTL {made}. The server's own RST, of port 8080, has passed the gateway and comes with {own}.");
        stage.Expect(made == own + 1, "the RST of port 110 has passed one router less than that of port 8080", $"TTL {made} and {own}");
        stage.Expect(
            dials[2].Outcome == dials[3].Outcome && dials[3].Outcome == dials[5].Outcome && found[2]?.State != found[5]?.State
                && found[3]?.State == found[5]?.State,
            "three ports refuse the client alike: the scanner distinguishes 25 from 8080, but not 110");
    }

    private static async Task ForgottenAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"An administrator tries a database on the server and forgets it: it listens on port {ForgottenPort}. No rule names the port, "
            + "and what no rule names this "
            + "firewall allows. So every machine outside can reach the program.");
        var acceptor = stage["server"].ListenTcp(new IPEndPoint(IPAddress.Any, ForgottenPort));
        await using (var dial = await Dial.TryAsync(stage["client"], stage.EndPointOf("server", ForgottenPort), Patience, stage.Time))
        {
            stage.ShowSockets(["server"], static s => s.State == TcpState.Listen);
            stage.ExpectEqual("connected", dial.Outcome, $"what the client sees at port {ForgottenPort}");
        }

        stage.DrawOnly(p => IsOf(p, stage.AddressOf("client")));
        stage.ExpectEqual("open", await StateAsync(stage), $"what the scanner says of port {ForgottenPort}");

        await stage.StepAsync(
            "The program is ended. A port is open as long as a program listens, and not longer: nothing has changed at the firewall, and "
            + "yet the port is closed. To end what is not "
            + "needed is the first protection; the firewall is the second. "
            + $"On Linux `ss -ltnp` lists the programs that listen (or `portolan who {ForgottenPort}`), `systemctl disable --now NAME` "
            + "ends a service and keeps it from starting again, `kill PID` ends another program. Then look again.");
        acceptor.Dispose();
        await using var again = await Dial.TryAsync(stage["client"], stage.EndPointOf("server", ForgottenPort), Patience, stage.Time);
        stage.ExpectEqual("connection refused", again.Outcome, $"what the client sees at port {ForgottenPort} now");
        stage.ExpectEqual("closed", await StateAsync(stage), $"what the scanner says of port {ForgottenPort} now");
        stage.ExpectEqual(
            0, stage["server"].GetSockets().Count(static s => s.State == TcpState.Listen && s.LocalPort.Value == ForgottenPort),
            $"the number of sockets of the server that listen on port {ForgottenPort}");
        stage.DrawOnly(p => IsOf(p, stage.AddressOf("client")));
    }

    private static async Task<string?> StateAsync(ScenarioStage stage)
    {
        var port = new PortNumber(ForgottenPort);
        var scan = await StageScan.RunAsync(stage, [stage.AddressOf("server")], new PortSet(port), TransportProtocol.Tcp, isShown: true);
        return scan.Of(stage.AddressOf("server"), TransportProtocol.Tcp, port)?.State.Name();
    }

    /// <summary>Who sent the answer of a port: a RST may have the server's address and come from the router.</summary>
    private static string SenderOf(ScenarioStage stage, InternetAddress source, int port) =>
        WirePacket.Crossings(stage.Packets).FirstOrDefault(p => p.Source == source && p.SourcePort.Value == port)?.Record.From
            ?? stage.Network.Directory.NameOf(source) ?? "";

    private static bool IsOf(PacketRecord packet, InternetAddress end) =>
        PacketHeads.TryRead(packet.Bytes, out var heads) && (heads.Source == end || heads.Destination == end);

    private static int CountIn(ScenarioStage stage, string network, int port) =>
        stage.Packets.Count(p => p.Segment == network && PacketHeads.TryRead(p.Bytes, out var heads) && heads.DestinationPort == port);

    private static string TimeText(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? time.TotalMilliseconds.ToString("0 'ms'", CultureInfo.InvariantCulture)
        : time.TotalSeconds.ToString("0.# 's'", CultureInfo.InvariantCulture);

    private sealed record Row(int Port, string Rule, string Client, PortState State, ReplyReason Reason);
}
