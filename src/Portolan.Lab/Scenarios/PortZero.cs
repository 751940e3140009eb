using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Model.Registry;
using Portolan.Packets;
using Portolan.Transport.Tcp;

namespace Portolan.Lab.Scenarios;

/// <summary>Port 0: for programs "any free port", for TCP nobody, for UDP as a source "no port".</summary>
internal sealed class PortZero : IScenario
{
    private const int ProgramPort = 5000;

    private static readonly PortNumber Usual = new(40_000);

    public string Name => "port-zero";

    public string Summary => "port 0 is no port: TCP refuses it, and as the source of a UDP datagram it means that no answer is wanted";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await ChooseAsync(stage);
        await ConnectAsync(stage);
        await SendSegmentsAsync(stage);
        await SendDatagramsAsync(stage);
    }

    private static async Task ChooseAsync(ScenarioStage stage)
    {
        await stage.StepAsync("IANA keeps port 0 back: no service has it. A program that binds port 0 says \"any free port\", and its "
            + "system chooses one. This one listens, and a client connects to it.");
        using var acceptor = stage["server"].ListenTcp(new IPEndPoint(IPAddress.Any, 0));
        var port = acceptor.LocalEndPoint.Port;
        var stream = await stage["pc"].ConnectTcpAsync(stage.EndPointOf("server", port), localEndPoint: null);
        await using var accepted = await acceptor.AcceptAsync();
        stage.ShowSockets(["server"], s => s.LocalPort.Value == port);
        stage.ExpectEqual(
            ServiceStatus.Reserved, ServiceRegistry.BuiltIn.StatusOf(PortNumber.Zero, TransportProtocol.Tcp),
            "port 0 of TCP in IANA's registry");
        stage.ExpectEqual(
            ServiceStatus.Reserved, ServiceRegistry.BuiltIn.StatusOf(PortNumber.Zero, TransportProtocol.Udp), "port 0 of UDP in it");
        stage.Expect(port != 0, $"the program that asked for port 0 listens to a real port, {port}");
        stage.ExpectEqual(port, stream.RemoteEndPoint.Port, "the port that the client is connected to");
        stage.Remark("Then the connection is closed.");
        await stream.DisposeAsync();
        await stage.WaitAsync(TimeSpan.FromMilliseconds(10));
    }

    private static async Task ConnectAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The other way round it is not a wildcard: port 0 is reserved (RFC 6335 section 6), and no program can listen there. The "
                + "PC's TCP here refuses before it sends "
            + "anything. That is its own choice, not a law of TCP: Linux sends the SYN, and a RST has the same result.");
        var error = await Attempt.FailureOf<SocketException>(
            async () => await (await stage["pc"].ConnectTcpAsync(stage.EndPointOf("server", 0), localEndPoint: null)).DisposeAsync());
        stage.ExpectEqual("ECONNREFUSED", ErrorName.Of(error), "the error");
        stage.ExpectEqual(0, stage.Packets.Count, "the number of packets that were sent");
    }

    private static async Task SendSegmentsAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"Three segments made by hand ask for connections to the server's port 7, where it listens: from port {Usual} to 7, from 0 to "
                + $"7, and from {Usual} to 0. "
            + "Only the first gets SYN-ACK: the server's TCP here drops segments with port 0, where Linux answers a SYN to it with RST. "
            + "(No connection of the PC asked for it, so the PC answers with RST.)");
        var (pc, server) = (stage["pc"], stage.AddressOf("server"));
        var before = Dropped(stage);
        CraftedPackets.SendSyn(pc, server, Usual, new PortNumber(7));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        CraftedPackets.SendSyn(pc, server, PortNumber.Zero, new PortNumber(7));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        CraftedPackets.SendSyn(pc, server, Usual, PortNumber.Zero);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var packets = WirePacket.Arrived(stage.Packets);
        var answers = packets.Where(static p => p.Record.To == "pc").ToList();
        stage.ExpectEqual(
            3, packets.Count(static p => p.Is(TcpFlags.Syn) && p.Record.To == "server"), "the number of SYNs that reach the server");
        stage.ExpectEqual(1, answers.Count, "the number of segments that it answers with");
        stage.Expect(
            answers is [var answer] && answer.Is(TcpFlags.Syn | TcpFlags.Ack) && answer.DestinationPort == Usual,
            "the answer is SYN-ACK, for the segment with two real ports");
        stage.ExpectEqual(2L, Dropped(stage) - before, "the number of segments that its TCP dropped for their ports");
    }

    private static async Task SendDatagramsAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"UDP has a use for it: RFC 768 lets a sender that wants no answer write 0 as its source port. Such a datagram reaches the "
                + $"program at port {ProgramPort} of the server as any other does. "
            + $"The echo service at port 7 answers port {Usual}, and cannot answer port 0.");
        var (pc, server) = (stage["pc"], stage.AddressOf("server"));
        using var program = stage["server"].BindUdp(new IPEndPoint(IPAddress.Any, ProgramPort));
        using var listener = pc.BindUdp(new IPEndPoint(IPAddress.Any, Usual.Value));
        CraftedPackets.SendDatagram(pc, server, PortNumber.Zero, new PortNumber(ProgramPort), "no answer, please"u8.ToArray());
        var buffer = new byte[64];
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), stage.Time);
        var received = await program.ReceiveAsync(buffer, late.Token);
        CraftedPackets.SendDatagram(pc, server, PortNumber.Zero, new PortNumber(7), "from 0"u8.ToArray());
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        CraftedPackets.SendDatagram(pc, server, Usual, new PortNumber(7), "from 40000"u8.ToArray());
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var refusal = await Attempt.FailureOf<SocketException>(() => program.SendAsync("an answer"u8.ToArray(), received.RemoteEndPoint));
        var answers = WirePacket.Arrived(stage.Packets).Where(static p => p.Record.To == "pc").ToList();
        stage.ExpectEqual(
            "no answer, please", Encoding.ASCII.GetString(buffer, 0, received.Length), $"what the program at port {ProgramPort} gets");
        stage.ExpectEqual(0, received.RemoteEndPoint.Port, "the port that it comes from");
        stage.Expect(refusal is not null, "the program cannot send an answer to port 0", "it was sent");
        stage.ExpectEqual(1, answers.Count, "the number of echoes that reach the PC");
        stage.Expect(
            answers is [var echo] && echo.DestinationPort == Usual && echo.Data.AsSpan().SequenceEqual("from 40000"u8),
            $"it is the one of the datagram from port {Usual}");
    }

    private static long Dropped(ScenarioStage stage) => stage["server"].Layers.Tcp.Counters.Dropped(TcpDrop.BadEnds);
}
