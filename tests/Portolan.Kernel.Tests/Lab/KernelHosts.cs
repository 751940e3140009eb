using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Kernel.Tests.Support;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>
/// The hosts of a topology of one network as addresses of a kernel: open ports are sockets, closed ones the kernel's, the others rules; so
/// is loss.
/// </summary>
internal sealed class KernelHosts : IDisposable
{
    private readonly List<Socket> _listeners = [];

    private KernelHosts()
    {
    }

    internal LabHost Scanner { get; } = new();

    private LabHost Target { get; } = new();

    /// <summary>Makes them in namespaces of their own.</summary>
    /// <param name="topology">A network, its hosts with open, closed, filtered and rejected TCP ports, and where the scanner
    /// stands.</param>
    /// <param name="lossPercent">How many of a hundred packets are lost, each way, at random.</param>
    internal static KernelHosts Create(LabTopology topology, int lossPercent)
    {
        var hosts = new KernelHosts();
        try
        {
            hosts.Build(topology, lossPercent);
            return hosts;
        }
        catch
        {
            hosts.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _listeners.ForEach(static listener => listener.Dispose());
        Scanner.Dispose();
        Target.Dispose();
    }

    private void Build(LabTopology topology, int lossPercent)
    {
        LabHost.Connect(Scanner, "scan0", Target, "eth0");
        Scanner.Address("scan0", $"{topology.Vantage!.Ipv4}/24");
        Target.Setting("net/ipv4/icmp_ratelimit", "0");
        Target.Tool(
            "ip", string.Join('\n', topology.Hosts.Select(static host => $"address add {host.Addresses[0].First}/24 dev eth0")), "-batch",
            "-");
        var rules =
            new StringBuilder("table inet hosts {\nchain in { type filter hook input priority 0; tcp flags & (syn|ack) == ack accept;\n");
        foreach (var host in topology.Hosts)
        {
            var address = host.Addresses[0].First;
            foreach (var rule in host.Ports)
            {
                rules.Append(Verdict(rule.Policy) is { } verdict ? $"ip daddr {address} tcp dport {{ {rule.Ports} }} {verdict};\n" : "");
            }

            rules.Append(host.DefaultTcp is FilteredPort ? $"ip daddr {address} meta l4proto tcp drop;\n" : "");
            Target.Run(() => Listen(host, IPAddress.Parse(address.ToString())));
        }

        rules.Append("}\n");
        if (lossPercent > 0)
        {
            // Before all else: a lost packet is seen by no rule.
            rules.Append($"chain there {{ type filter hook input priority -400; numgen random mod 100 < {lossPercent} drop; }}\n");
            rules.Append($"chain back {{ type filter hook output priority 400; numgen random mod 100 < {lossPercent} drop; }}\n");
        }

        Target.Nft(rules.Append("}\n").ToString());
    }

    private void Listen(HostSpec host, IPAddress address)
    {
        foreach (var port in host.Ports.Where(static rule => rule.Policy is OpenPort).SelectMany(static rule => rule.Ports))
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listeners.Add(socket);
            socket.Bind(new IPEndPoint(address, port.Value));
            socket.Listen(64);
        }
    }

    private static string? Verdict(PortPolicy policy) => policy switch
    {
        FilteredPort => "drop",
        RejectedPort { Kind: RefusalKind.TcpReset } => "reject with tcp reset",
        RejectedPort rejected => $"reject with icmp type {rejected.Kind.Name()}",
        OpenPort or ClosedPort => "accept",
        _ => throw new NotSupportedException($"{policy}"),
    };
}
