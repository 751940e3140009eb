using System.Net;
using System.Text;
using Portolan.Model.Registry;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>All eleven states of TCP, each seen on a host while packets are on their way, and as netstat shows them.</summary>
internal sealed class States : IScenario
{
    private const int ServerPort = 80;
    private const int ClientPort = 50_000;
    private const int LeftPort = 6000;
    private const int RightPort = 7000;

    public string Name => "states";

    public string Summary => "every state that a TCP connection can be in, from LISTEN to TIME-WAIT, with simultaneous open and close";

    public async Task PlayAsync(ScenarioStage stage)
    {
        var watch = new StateWatch(stage);
        using var acceptor = await ListenAsync(stage, watch);
        var (client, server) = await OpenAsync(stage, watch, acceptor);
        await CloseAsync(stage, watch, client, server);
        await RestAsync(stage, watch);
        var (left, right) = await OpenTogetherAsync(stage, watch);
        await CloseTogetherAsync(stage, watch, left, right);
        await ShowNetstatAsync(stage, acceptor);
        await stage.StepAsync("All states on the diagram of RFC 9293 section 3.3.2. Those in brackets were reached here; left out are the "
            + "ways of a RST and of an early close, LISTEN to SYN-SENT (a listener that connects), and FIN-WAIT-1 to TIME-WAIT (a FIN that "
            + "acknowledges ours).");
        stage.Show("", StateDiagram.Lines(watch.Reached));
        stage.ExpectEqual(Enum.GetValues<TcpState>().Length, watch.Reached.Count, "the number of states that were seen, of eleven,");
    }

    private static async Task<TcpAcceptor> ListenAsync(ScenarioStage stage, StateWatch watch)
    {
        await stage.StepAsync(
            "CLOSED is a state that no socket has: it means that there is none. A program on the server listens to port 80, and that "
                + "socket stays in LISTEN as long as the program wants. "
            + "In this lab a packet takes 100 ms, so that the states between can be seen.");
        watch.Begin();
        await watch.LookAsync(
            TimeSpan.FromMilliseconds(1), "nothing has happened", ("client", ClientPort, TcpState.Closed),
            ("server", ServerPort, TcpState.Closed));
        var acceptor = stage["server"].ListenTcp(new IPEndPoint(IPAddress.Any, ServerPort));
        await watch.LookAsync(
            TimeSpan.FromMilliseconds(2), "the server's program listens", ("client", ClientPort, TcpState.Closed),
            ("server", ServerPort, TcpState.Listen));
        watch.Show();
        return acceptor;
    }

    private static async Task<(TcpStream Client, TcpStream Server)> OpenAsync(ScenarioStage stage, StateWatch watch, TcpAcceptor acceptor)
    {
        await stage.StepAsync("The client connects. Each side goes on when a segment of the other arrives.");
        watch.Begin();
        var accepting = acceptor.AcceptAsync();
        var connecting = stage["client"].ConnectTcpAsync(stage.EndPointOf("server", ServerPort), new IPEndPoint(IPAddress.Any, ClientPort));
        await Look(50, "SYN is on its way", TcpState.SynSent, TcpState.Listen);
        await Look(150, "SYN has come, SYN-ACK is on its way", TcpState.SynSent, TcpState.SynReceived);
        await Look(250, "SYN-ACK has come, ACK is on its way", TcpState.Established, TcpState.SynReceived);
        await Look(350, "ACK has come", TcpState.Established, TcpState.Established);
        watch.Show();
        return (await connecting, await accepting);

        Task Look(int at, string what, TcpState client, TcpState server) =>
            watch.LookAsync(TimeSpan.FromMilliseconds(at), what, ("client", ClientPort, client), ("server", ServerPort, server));
    }

    private static async Task CloseAsync(ScenarioStage stage, StateWatch watch, TcpStream client, TcpStream server)
    {
        await stage.StepAsync("The client closes its direction: \"I send no more\". The server may still send, and does. Then it closes "
            + "too. Who closes first ends in TIME-WAIT.");
        watch.Begin();
        client.ShutdownWrite();
        await Look(50, "FIN of the client is on its way", TcpState.FinWait1, TcpState.Established);
        await Look(150, "it has come, and its ACK is on its way", TcpState.FinWait1, TcpState.CloseWait);
        await Look(250, "its ACK has come: one direction is closed", TcpState.FinWait2, TcpState.CloseWait);
        await server.WriteAsync("one more thing"u8.ToArray());
        var buffer = new byte[64];
        var length = await client.ReadAsync(buffer);
        await Look(600, "data went the direction that is open", TcpState.FinWait2, TcpState.CloseWait);
        await server.DisposeAsync();
        await Look(650, "FIN of the server is on its way", TcpState.FinWait2, TcpState.LastAck);
        await Look(750, "it has come, and its ACK is on its way", TcpState.TimeWait, TcpState.LastAck);

        // At the server only the listener is left.
        await Look(850, "its ACK has come: the server's connection is gone", TcpState.TimeWait, TcpState.Listen);
        watch.Show();
        stage.ExpectEqual("one more thing", Encoding.ASCII.GetString(buffer, 0, length), "what the server sent in CLOSE-WAIT");
        stage.ExpectEqual(
            0, stage["server"].GetSockets().Count(static s => s.RemoteAddress is not null),
            "the number of connections that the server has left");
        await client.DisposeAsync();

        Task Look(int at, string what, TcpState client, TcpState server) =>
            watch.LookAsync(TimeSpan.FromMilliseconds(at), what, ("client", ClientPort, client), ("server", ServerPort, server));
    }

    private static async Task RestAsync(ScenarioStage stage, StateWatch watch)
    {
        await stage.StepAsync(
            "TIME-WAIT lasts twice the longest time that a segment may live in the network (2 MSL), so that the last ACK can be sent again "
                + "and nothing old is left when the pair is used again. "
            + "RFC 9293 makes it 4 minutes, Linux and this client 60 seconds. The lab's clock jumps over them.");
        watch.Begin();
        await watch.LookAsync(
            TimeSpan.FromSeconds(58), "the pair is still kept", ("client", ClientPort, TcpState.TimeWait),
            ("server", ServerPort, TcpState.Listen));
        await watch.LookAsync(
            TimeSpan.FromSeconds(61), "the pair is free", ("client", ClientPort, TcpState.Closed), ("server", ServerPort, TcpState.Listen));
        watch.Show();
        stage.ExpectEqual(0, stage.Packets.Count, "the number of packets that were sent meanwhile");
    }

    private static async Task<(TcpStream Left, TcpStream Right)> OpenTogetherAsync(ScenarioStage stage, StateWatch watch)
    {
        await stage.StepAsync(
            $"Simultaneous open: both sides connect at the same moment, port {LeftPort} of the client to port {RightPort} of the server "
                + $"and the other way round. Nothing listens. "
            + "Two SYNs cross, and become one connection.");
        watch.Begin();
        var (client, server) = (stage.AddressOf("client").ToIPAddress(), stage.AddressOf("server").ToIPAddress());
        var left = stage["client"].ConnectTcpAsync(new IPEndPoint(server, RightPort), new IPEndPoint(client, LeftPort));
        var right = stage["server"].ConnectTcpAsync(new IPEndPoint(client, LeftPort), new IPEndPoint(server, RightPort));
        await Look(50, "both SYNs are on their way", TcpState.SynSent);
        await Look(150, "both have come, two SYN-ACKs are on their way", TcpState.SynReceived);
        await Look(250, "both SYN-ACKs have come", TcpState.Established);
        watch.Show();
        var segments = WirePacket.Arrived(stage.Packets);
        stage.ExpectEqual(2, segments.Count(static p => p.Is(TcpFlags.Syn)), "the number of SYNs");
        stage.ExpectEqual(2, segments.Count(static p => p.Is(TcpFlags.Syn | TcpFlags.Ack)), "the number of SYN-ACKs");
        stage.ExpectEqual(
            1, stage["client"].GetSockets().Count(static s => s.RemoteAddress is not null), "the number of connections at the client");
        return (await left, await right);

        Task Look(int at, string what, TcpState both) =>
            watch.LookAsync(TimeSpan.FromMilliseconds(at), what, ("client", LeftPort, both), ("server", RightPort, both));
    }

    private static async Task CloseTogetherAsync(ScenarioStage stage, StateWatch watch, TcpStream left, TcpStream right)
    {
        await stage.StepAsync("Simultaneous close: both sides close at the same moment. Each gets a FIN while its own is not acknowledged: "
            + "that is CLOSING, and both end in TIME-WAIT.");
        watch.Begin();
        left.ShutdownWrite();
        right.ShutdownWrite();
        await Look(50, "both FINs are on their way", TcpState.FinWait1);
        await Look(150, "both have come, two ACKs are on their way", TcpState.Closing);
        await Look(250, "both ACKs have come", TcpState.TimeWait);
        watch.Show();
        stage.ExpectEqual(2, WirePacket.Arrived(stage.Packets).Count(static p => (p.Flags & TcpFlags.Fin) != 0), "the number of FINs");
        await left.DisposeAsync();
        await right.DisposeAsync();

        Task Look(int at, string what, TcpState both) =>
            watch.LookAsync(TimeSpan.FromMilliseconds(at), what, ("client", LeftPort, both), ("server", RightPort, both));
    }

    private static async Task ShowNetstatAsync(ScenarioStage stage, TcpAcceptor acceptor)
    {
        await stage.StepAsync(
            "netstat lists the sockets of a host with their states. Without -n it says names: of hosts, and of ports as IANA has "
            + "registered them. With -n it says numbers, as they are in the packets. "
            + "Each tool spells the states in its own way; a table has all spellings.");
        stage.ShowPackets(0);
        stage.LookAt("server");
        var (client, address) = (stage["client"], stage.EndPointOf("server", ServerPort));
        var pairs = new List<(TcpStream Client, TcpStream Server)>();
        for (var i = 0; i < 4; i++)
        {
            var accepting = acceptor.AcceptAsync();
            pairs.Add((await client.ConnectTcpAsync(address, new IPEndPoint(IPAddress.Any, ClientPort + i + 1)), await accepting));
        }

        pairs[0].Client.ShutdownWrite();
        pairs[1].Server.ShutdownWrite();
        pairs[2].Server.ShutdownWrite();
        pairs[2].Client.ShutdownWrite();
        await stage.WaitAsync(TimeSpan.FromMilliseconds(400));
        var connecting = client.ConnectTcpAsync(address, new IPEndPoint(IPAddress.Any, ClientPort + 5));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(150));
        var sockets = stage["server"].GetSockets().Where(static s => s.LocalPort.Value == ServerPort).ToList();
        var (names, numbers) = (NetstatText.Lines(sockets, stage.Network.Directory), NetstatText.Lines(sockets, names: null));
        stage.Show("server: netstat -at", names);
        stage.Show("server: netstat -atn", numbers);
        stage.Show("the same state in each tool", StateNames.Lines());
        stage.ExpectEqual(names.Count, numbers.Count, "the number of lines, which both lists have,");
        stage.Expect(
            ServiceRegistry.BuiltIn.TryFindPort("http", TransportProtocol.Tcp, out var http) && http.First.Value == ServerPort
                && http.Last.Value == ServerPort, "the name http stands for port 80 and no other");
        stage.Expect(
            ServiceRegistry.BuiltIn.PrimaryNameText(new PortNumber(ClientPort + 1), TransportProtocol.Tcp) is null,
            "port 50001 has no name, for IANA assigns dynamic ports to no service: its number stands in both lists");
        stage.Expect(
            names.Skip(1).All(static l => l.Contains(":http ", StringComparison.Ordinal))
                && numbers.Skip(1).All(static l => l.Contains(":80 ", StringComparison.Ordinal)),
                "what is http in one list is 80 in the other");
        TcpState[] expected = [
            TcpState.Listen, TcpState.CloseWait, TcpState.FinWait2, TcpState.TimeWait, TcpState.Established, TcpState.SynReceived];
        stage.ExpectEqual(
            string.Join(", ", expected.Select(NetstatText.StateWord)),
            string.Join(", ", sockets.Select(static s => NetstatText.StateWord(s.State!.Value))), "the list of states");
        await (await connecting).DisposeAsync();
        foreach (var (first, second) in pairs)
        {
            await first.DisposeAsync();
            await second.DisposeAsync();
        }
    }
}
