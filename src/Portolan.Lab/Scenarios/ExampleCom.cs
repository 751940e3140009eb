using System.Net;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Model.Registry;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// What happens when a URL is typed in a browser: a name is looked up, a port chosen, a page fetched, and the port given back.
/// </summary>
internal sealed class ExampleCom : IScenario
{
    private const string Site = "example.com";

    /// <summary>The ports that hosts of a lab choose from, as Linux does (net.ipv4.ip_local_port_range).</summary>
    private static readonly PortRange Ephemeral = new(new PortNumber(32768), new PortNumber(60999));

    public string Name => "example-com";

    public string Summary => "http://example.com is typed in a browser: which ports are used, from the first packet to the last";

    public async Task PlayAsync(ScenarioStage stage)
    {
        var pc = stage["pc"];
        var server = await LookUpAsync(stage, pc);
        var stream = await ConnectAsync(stage, pc, server);
        var port = stream.LocalEndPoint.Port;
        await FetchAsync(stage, stream);
        await CloseAsync(stage, stream, server);
        await ReuseAsync(stage, pc, server, port);
    }

    private static async Task<IPEndPoint> LookUpAsync(ScenarioStage stage, NetworkStack pc)
    {
        await stage.StepAsync(
            $"The address bar says http://{Site}. That is a name, and packets need an address: the PC asks its name server, with a "
                + $"datagram to UDP port 53. "
            + "The question leaves from an ephemeral port, and the answer comes back to it.");
        var reply = await NameClient.AskAsync(pc, stage.EndPointOf("dns", 53), Site, stage.Time);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(1));
        var packets = WirePacket.Arrived(stage.Packets);
        var question = packets.FirstOrDefault(static p => p.Record.To == "dns");
        stage.Show("ports of the datagrams", EndsTable.Lines(stage, packets, static p => p.Record.To == "dns" ? "question" : "answer"));
        stage.ExpectEqual(
            "domain", ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber(53), TransportProtocol.Udp), "IANA's name of UDP port 53");
        stage.ExpectEqual<int?>(53, question?.DestinationPort.Value, "the port that the question goes to");
        stage.Expect(
            question is not null && Ephemeral.Contains(question.SourcePort),
            $"the question comes from an ephemeral port of the PC, {Ephemeral}", $"it comes from {question?.SourcePort}");
        stage.ExpectEqual(
            1, packets.Count(p => question is not null && p.Answers(question)),
            "the number of answers with source and destination swapped");
        stage.ExpectEqual(
            0, pc.GetSockets().Count(static s => s.Protocol == TransportProtocol.Udp), "the number of UDP sockets that the PC has left");
        if (reply.Addresses is not [var address, ..])
        {
            throw new PortolanException(
                $"the name server knows no address of {Site} ({reply.Code})", $"give a host of the topology the name: names: [{Site}]",
                ExitCode.Failed);
        }

        stage.ExpectEqual(stage.AddressOf("web"), address, $"the address of {Site}");
        return new IPEndPoint(address.ToIPAddress(), PortOf("http"));
    }

    private static async Task<TcpStream> ConnectAsync(ScenarioStage stage, NetworkStack pc, IPEndPoint server)
    {
        await stage.StepAsync(
            $"The URL names no port, so it is the one that IANA gives to its scheme: http, {server.Port}. The PC picks an ephemeral port "
                + $"for its own end, and three segments open the connection.");
        var stream = await pc.ConnectTcpAsync(server, localEndPoint: null);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowPairs("pc", "web");
        var handshake = WirePacket.Arrived(stage.Packets);
        stage.ExpectEqual(80, server.Port, "the port of http in IANA's registry");
        stage.Expect(
            Ephemeral.Contains(new PortNumber((ushort)stream.LocalEndPoint.Port)), $"the PC's own port is one of {Ephemeral}",
            $"it is {stream.LocalEndPoint.Port}");
        stage.Expect(
            handshake is [var first, var second, var third] && first.Is(TcpFlags.Syn) && second.Is(TcpFlags.Syn | TcpFlags.Ack)
                && third.Is(TcpFlags.Ack) && second.Answers(first) && third.Answers(second),
            "it took SYN, SYN-ACK and ACK",
            $"it took {handshake.Count} segments");
        return stream;
    }

    private static async Task FetchAsync(ScenarioStage stage, TcpStream stream)
    {
        await stage.StepAsync("The browser asks for the page, and the server answers. In the reply source and destination are swapped: "
            + "that is how it finds its way back to this browser.");
        var reply = await Browser.GetAsync(stream, Site, "/");
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var packets = WirePacket.Arrived(stage.Packets).Where(static p => p.Data.Length > 0).ToList();
        stage.Show("request", Browser.Request(Site, "/").TrimEnd().Split("\r\n"));
        stage.Show("reply, shortened", [.. Browser.Gist(reply)]);
        stage.Show(
            "ports of the segments with data", EndsTable.Lines(stage, packets, static p => p.Record.To == "web" ? "request" : "reply"));
        stage.ExpectEqual(200, Browser.StatusOf(reply), "the status of the reply");
        stage.Expect(reply.Contains("<h1>Example Domain</h1>", StringComparison.Ordinal), "it is the page of example.com");
        stage.Expect(
            packets.Count >= 2 && packets.Skip(1).All(p => p.Answers(packets[0])),
            "every segment of the reply has the ends of the request, swapped");
    }

    private static async Task CloseAsync(ScenarioStage stage, TcpStream stream, IPEndPoint server)
    {
        var (pc, port) = (stage["pc"], stream.LocalEndPoint.Port);
        await stage.StepAsync(
            "The browser window is closed, and with it the connection: each side says FIN, each is acknowledged. The side that closed "
                + "first keeps the socket pair in TIME-WAIT, "
            + "so that no late segment of this connection can be taken for one of the next (RFC 9293 section 3.6.1).");
        await stream.DisposeAsync();
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowSockets(["pc", "web"]);
        var packets = WirePacket.Arrived(stage.Packets);
        stage.ExpectEqual(2, packets.Count(static p => (p.Flags & TcpFlags.Fin) != 0), "the number of segments with FIN");
        stage.ExpectEqual("TIME-WAIT", StateOf(pc, port), $"the state of port {port} on the PC");
        stage.ExpectEqual(
            0, stage["web"].GetSockets().Count(static s => s.RemoteAddress is not null),
            "the number of connections that the server has left");
        var refusal = await Attempt.FailureOf<PortConflictException>(
            async () => await (await pc.ConnectTcpAsync(server, new IPEndPoint(IPAddress.Any, port))).DisposeAsync());
        stage.Expect(refusal is not null, $"a connection from port {port} is refused now");
    }

    private static async Task ReuseAsync(ScenarioStage stage, NetworkStack pc, IPEndPoint server, int port)
    {
        await stage.StepAsync(
            "TIME-WAIT passes: twice the longest time that a segment may live. RFC 9293 makes that 4 minutes, Linux and this PC one. "
            + $"Then port {port} is free, and the next connection may have it, to the same server too.");
        await stage.WaitAsync(TimeSpan.FromSeconds(61));
        stage.ExpectEqual(
            0, pc.GetSockets().Count(s => s.LocalPort.Value == port), $"the number of sockets with port {port} after a minute");
        await using var again = await pc.ConnectTcpAsync(server, new IPEndPoint(IPAddress.Any, port));
        var reply = await Browser.GetAsync(again, Site, "/");
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowPairs("pc", "web");
        stage.ExpectEqual(port, again.LocalEndPoint.Port, "the port of the new connection");
        stage.ExpectEqual(200, Browser.StatusOf(reply), "the status of its reply");
        stage.Remark("Then it is closed too.");
    }

    private static int PortOf(string scheme) =>
        ServiceRegistry.BuiltIn.TryFindPort(scheme, TransportProtocol.Tcp, out var ports) ? ports.First.Value : 0;

    private static string StateOf(NetworkStack pc, int port) =>
        pc.GetSockets().FirstOrDefault(s => s.Protocol == TransportProtocol.Tcp && s.LocalPort.Value == port)?.State?.Name() ?? "no socket";
}

/// <summary>Packets with where they come from and where they go, each a line.</summary>
internal static class EndsTable
{
    internal static ColumnTable Lines(ScenarioStage stage, IEnumerable<WirePacket> packets, Func<WirePacket, string> nameOf) =>
        TextColumns.Lines(
        ["", "from", "source", "", "destination", "to"],
        packets.Select(
            p => (IReadOnlyList<string>)[
                nameOf(p), stage.Network.Directory.NameOf(p.Source) ?? "", p.Ends.Source, "->", p.Ends.Destination, p.Record.To ?? ""]));
}
