using Portolan.Kernel.Tests.Support;

namespace Portolan.TunScenarios;

/// <summary>The peer: one stream from kernel to kernel over a virtual cable between two namespaces, MTU 1500.</summary>
internal sealed class VethStreams : IDisposable
{
    private const string ServerAddress = "198.18.9.2";

    private readonly LabHost _client = new();
    private readonly LabHost _server = new();

    internal VethStreams(bool usesOffload)
    {
        LabHost.Connect(_client, "left", _server, "right");
        _client.Address("left", "198.18.9.1/24");
        _server.Address("right", $"{ServerAddress}/24");
        if (!usesOffload)
        {
            _client.Run(static () => Ethtool.TurnOffloadsOff("left"));
            _server.Run(static () => Ethtool.TurnOffloadsOff("right"));
        }
    }

    internal Meter Run(long warming, long total)
    {
        using var listener = KernelEnd.Listen(_server, ServerAddress);
        using var client = KernelEnd.Connect(_client, listener.LocalEndPoint!);
        using var server = listener.Accept();
        var meter = new Meter(warming, total);
        Task.WaitAll(KernelEnd.Receive(server, meter), KernelEnd.Send(client, total));
        return meter;
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }
}
