using System.Net;
using System.Net.Sockets;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Kernel.Tests.Support;

/// <summary>The real machine as the commands see it, in the calling thread's namespace.</summary>
internal sealed class Machine : IDisposable
{
    private readonly ProcessReader _processes = new();

    internal static IReadOnlyList<TransportProtocol> Both { get; } = [TransportProtocol.Tcp, TransportProtocol.Udp];

    internal ProcessReader Processes => _processes;

    internal MachineSurvey Survey => new()
    {
        Sockets = new KernelSocketSource(),
        Owners = () => new OwnerFinder(_processes),
        Processes = () => _processes,
        Settings = () => KernelSettings.Read(),
    };

    /// <summary>The chart.</summary>
    internal ChartModel Chart(bool everything = false) =>
        PortChart.Build(Survey.ForChart(false, ProcessFields.All, TestContext.Current.CancellationToken), everything);

    /// <summary>What who says.</summary>
    internal PortReport Who(ushort port, params TransportProtocol[] protocols)
    {
        IReadOnlyList<TransportProtocol> asked = protocols.Length > 0 ? protocols : Both;
        var number = new PortNumber(port);
        var facts = Survey.ForPort(number, asked, false, TestContext.Current.CancellationToken);
        return PortReport.Make(
            number, asked, asked, facts, KernelSettings.Read(), new KernelBindReferee(),
            Survey.UseAround(number, asked, TestContext.Current.CancellationToken));
    }

    /// <summary>A bound TCP socket, or a listener. <paramref name="address"/> such as <c>127.0.0.1:80</c> or <c>[::]:80</c>.</summary>
    internal static Socket Listen(string address, bool v6Only = false, int backlog = 16)
    {
        var end = IPEndPoint.Parse(address);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (end.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = !v6Only;
        }

        socket.Bind(end);
        if (backlog > 0)
        {
            socket.Listen(backlog);
        }

        return socket;
    }

    /// <summary>A bound UDP socket.</summary>
    internal static Socket Datagram(string address)
    {
        var end = IPEndPoint.Parse(address);
        var socket = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(end);
        return socket;
    }

    /// <summary>Leaves the server's end of a connection in TIME-WAIT.</summary>
    internal static void LeaveTimeWait(Socket listener)
    {
        using var client = new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using var accepted = listener.Accept();

        // Whoever closes first keeps the pair.
        accepted.Close();
        client.Receive(new byte[1]);
    }

    /// <inheritdoc/>
    public void Dispose() => _processes.Dispose();
}
