// Nothing waits: all is done by the turns of the test's own thread.
#pragma warning disable xUnit1051
using System.Net;
using Portolan.Packets.Links;
using Portolan.Tests.Transport.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Stack;

/// <summary>What one turn of a stack does, where those who wait go on on its own thread.</summary>
public sealed class StackTurnTests : IDisposable
{
    private const int Connections = 20;

    private static readonly IPEndPoint ServerEnd = new(IPAddress.Parse("198.18.0.1"), 7);

    private readonly MemoryWire _wire = new(default, default, new MemoryLinkOptions { Layer = LinkLayer.Ip });
    private readonly FakeTime _time = new();
    private readonly NetworkStack _client;
    private readonly NetworkStack _server;

    public StackTurnTests() =>
        (_client, _server) = (Make("client", _wire.Left, "198.18.0.2/24"), Make("server", _wire.Right, "198.18.0.1/24"));

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _wire.Dispose();
    }

    [Fact]
    public async Task What_a_reader_says_to_segments_leaves_in_the_turn_that_took_them()
    {
        using var acceptor = _server.ListenTcp(ServerEnd);
        var serving = ServeAsync(acceptor);
        var opening = Enumerable.Range(0, Connections).Select(_ => _client.ConnectTcpAsync(ServerEnd)).ToArray();
        Turn(_client); // SYN
        Turn(_server); // SYN-ACK
        Turn(_client); // ACK
        var streams = await Task.WhenAll(opening);
        Array.ForEach(streams, static s => s.ShutdownWrite());
        Turn(_client); // FIN
        Turn(_server); // accepted, read to the end and closed: FIN
        Turn(_client);
        foreach (var stream in streams)
        {
            var reading = stream.ReadAsync(new byte[1]).AsTask();
            Assert.True(reading.IsCompletedSuccessfully);
            Assert.Equal(0, await reading);
        }

        // Each was one SYN, the acknowledgment of the SYN-ACK, FIN and its acknowledgment; and in return SYN-ACK and FIN.
        Turn(_server);
        Assert.Equal((Connections * 4L, Connections * 2L), (_client.GetStatistics().SegmentsSent, _server.GetStatistics().SegmentsSent));
        Assert.False(serving.IsCompleted);
        acceptor.Dispose();
        Assert.Equal(Connections, await serving);
    }

    private static async Task<int> ServeAsync(TcpAcceptor acceptor)
    {
        var count = 0;
        await foreach (var stream in acceptor.AcceptAllAsync())
        {
            count++;
            _ = ReadAsync(stream);
        }

        return count;
    }

    private static async Task ReadAsync(TcpStream stream)
    {
        await using (stream)
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
    }

    private NetworkStack Make(string name, MemoryLink link, string address)
    {
        var options = new NetworkStackOptions { Name = name, Time = _time, RunsContinuationsInline = true };
        var stack = NetworkStack.CreateDriven(StackLayers.Create(options, seed: 7), options, new IdleDriver());
        stack.Attach(link, address);
        return stack;
    }

    private void Turn(NetworkStack stack) => stack.Step(_time.GetInstant());

    /// <summary>The test steps the stack when it wants.</summary>
    private sealed class IdleDriver : IStackDriver
    {
        public bool IsOwner => true;

        public SynchronizationContext? BareContext => null;

        public void Wake()
        {
        }
    }
}
