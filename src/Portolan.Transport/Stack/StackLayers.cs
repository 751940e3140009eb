using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using Portolan.Transport.Udp;

namespace Portolan.Transport;

/// <summary>
/// The layers of one host, put together: what one thread, or a simulation, owns and drives by <see cref="HostLinks.Step"/>.
/// </summary>
/// <param name="Pool">Its packet memory.</param>
/// <param name="Ip">Its IP layer.</param>
/// <param name="Ports">Who holds its ports.</param>
/// <param name="Udp">Its UDP, registered with <paramref name="Ip"/>.</param>
/// <param name="Tcp">Its TCP, registered with <paramref name="Ip"/>.</param>
/// <param name="Links">Its links.</param>
internal sealed record StackLayers(PacketPool Pool, IpHost Ip, PortTable Ports, UdpLayer Udp, TcpLayer Tcp, HostLinks Links)
{
    /// <summary>Makes the layers of a host that has its loopback and nothing else.</summary>
    /// <param name="options">How it behaves. The options of IP are taken as they are, but for the seed.</param>
    /// <param name="seed">What all its hashes, identifiers and sequence numbers come from. It must stay secret.</param>
    public static StackLayers Create(NetworkStackOptions options, ulong seed)
    {
        var random = new KeyedRandom(seed);
        var slab = options.SlabLength > 0 ? options.SlabLength : (int)Math.Clamp(options.MemoryLimit / 64, 64 << 10, 512 << 10);
        var pool = new PacketPool(new PacketPoolOptions { MemoryLimit = options.MemoryLimit, SlabLength = slab });
        var ip = new IpHost((options.Ip ?? new IpHostOptions { Seed = 0 }) with { Seed = random.Next() }, pool);
        ip.AdvanceTo(options.Time.GetInstant());
        var ports = new PortTable(new LinuxBindRules(), new EphemeralRange(options.EphemeralPorts, new PortSet()), random.Next());
        var udp = new UdpLayer(ip, ports, pool, random.Next());
        ip.Register(IpProtocol.Udp, udp);

        // The rest is for packets on their way.
        var tcp = new TcpLayer(ip, pool, ports, new TcpLayerOptions
        {
            Profile = options.Profile,
            Seed = random.Next(),
            MemoryLimit = options.MemoryLimit / 4 * 3,
        });
        ip.Register(IpProtocol.Tcp, tcp);
        return new StackLayers(pool, ip, ports, udp, tcp, new HostLinks(ip));
    }
}
