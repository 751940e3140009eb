using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux;
using Portolan.Linux.Bpf;
using Portolan.Linux.Netlink;
using Portolan.Linux.Privilege;

namespace Portolan.Sockets.Acquire;

/// <summary>
/// Reads what the sockets of the calling thread's network namespace refuse: inet_diag for keys and queues, BPF iterators for the rest.
/// </summary>
public static class SocketRefusalReader
{
    private const int Listening = 1 << 10;
    private const int Udp = 17;

    /// <summary>Reads. What is refused is said in the result.</summary>
    /// <param name="cancellationToken">Stops between two parts.</param>
    public static SocketRefusals Read(CancellationToken cancellationToken)
    {
        var found = new Dictionary<ulong, SocketRefusal>();
        var whyNotKeys = ReadDiagnostics(found, cancellationToken);
        var whyNotOptions = ReadOptions(found, cancellationToken);
        var lookups = BpfAttachments.CountSocketLookups();
        return new SocketRefusals
        {
            ByCookie = found,
            WhyNotKeys = whyNotKeys,
            WhyNotOptions = whyNotOptions,
            LookupPrograms = Math.Max(lookups, 0),

            // A kernel without sk_lookup does not know the kind (EINVAL, Linux 5.9).
            WhyNotLookups = lookups is >= 0 or -Errno.InvalidArgument ? null : new LinuxException(-lookups, "query sk_lookup").Message,
        };
    }

    private static string? ReadOptions(Dictionary<ulong, SocketRefusal> found, CancellationToken cancellationToken)
    {
        if (!CapabilitySet.Available.MayTrace)
        {
            return "CAP_BPF and CAP_PERFMON are needed";
        }

        try
        {
            foreach (var read in SocketOptionIterator.Read(cancellationToken))
            {
                if (read is
                    {
                        MinimumTtl: 0, MinimumHopLimit: 0, HasAoKeys: false, Filter: null,
                        SentTtl: byte.MaxValue, SentHopLimit: byte.MaxValue, StaysOnLink: false
                    })
                {
                    continue;
                }

                found[read.Cookie] = found.GetValueOrDefault(read.Cookie, SocketRefusal.None) with
                {
                    MinimumTtl = read.MinimumTtl,
                    MinimumHopLimit = read.MinimumHopLimit,
                    SentTtl = read.SentTtl == byte.MaxValue ? null : read.SentTtl,
                    SentHopLimit = read.SentHopLimit == byte.MaxValue ? null : read.SentHopLimit,
                    StaysOnLink = read.StaysOnLink,
                    HasAoKeys = read.HasAoKeys,
                    Filter = read.Filter is { } filter ? new AttachedFilter(filter.IsExtended, filter.Result) : null,
                };
            }

            return null;
        }
        catch (LinuxException exception)
        {
            return exception.Message;
        }
    }

    private static string? ReadDiagnostics(Dictionary<ulong, SocketRefusal> found, CancellationToken cancellationToken)
    {
        // The kernel adds keys to tcp_info only (inet_sk_diag_fill).
        const byte Info = 1 << (InetDiagAttribute.Info - 1);
        const byte Memory = 1 << (InetDiagAttribute.SocketMemory - 1);
        try
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.SocketDiagnostics);
            var (dump, decoder) = (new NetlinkDump(channel), new Decoder(found));
            var datagrams = KernelStates.DatagramMask(uint.MaxValue);
            byte[][] requests =
            [
                InetDiagRequest.TcpOfBothFamilies(Listening, Info, []),
                InetDiagRequest.OfFamily(AddressFamilyNumber.IPv4, Udp, datagrams, Memory, []),
                InetDiagRequest.OfFamily(AddressFamilyNumber.IPv6, Udp, datagrams, Memory, []),
            ];
            foreach (var request in requests)
            {
                var result = dump.Run(request, decoder, cancellationToken);
                if (result.Status is not (NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted))
                {
                    return new LinuxException(result.Errno, "list sockets").Message;
                }
            }

            // The kernel shows keys to processes with CAP_NET_ADMIN only.
            return CapabilitySet.Available.Has(Capability.NetAdmin) ? null : "CAP_NET_ADMIN is needed";
        }
        catch (LinuxException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Takes keys and queues from <c>inet_diag_msg</c> messages. The keys themselves are not kept.</summary>
    internal sealed class Decoder(Dictionary<ulong, SocketRefusal> found) : INetlinkVisitor
    {
        // struct tcp_diag_md5sig (linux/inet_diag.h): family, prefix length, key length (2), address (16), key (80).
        private const int KeySize = 100;
        private const int KeyAddress = 4;

        /// <inheritdoc/>
        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (payload.Length < InetDiagMessage.Size)
            {
                return;
            }

            ref readonly var message = ref MemoryMarshal.AsRef<InetDiagMessage>(payload);
            var cookie = message.Id.CookieLow | ((ulong)message.Id.CookieHigh << 32);
            var attributes = new NetlinkAttributes(payload[InetDiagMessage.Size..]);
            while (attributes.MoveNext())
            {
                switch (attributes.Type)
                {
                    case InetDiagAttribute.Md5Keys:
                        Change(cookie, Known(cookie) with { Md5Peers = Peers(attributes.Value) });
                        break;
                    case InetDiagAttribute.Mark when attributes.TryReadUInt32(out var mark) && mark != 0:
                        Change(cookie, Known(cookie) with { Mark = mark });
                        break;
                    case InetDiagAttribute.SocketMemory:
                        var memory = SocketMemoryDecoder.Read(attributes.Value);
                        if (memory.ReceiveAllocated > 0)
                        {
                            Change(cookie, Known(cookie) with { QueuedBytes = memory.ReceiveAllocated, QueueLimit = memory.ReceiveBuffer });
                        }

                        break;
                }
            }
        }

        private SocketRefusal Known(ulong cookie) => found.GetValueOrDefault(cookie, SocketRefusal.None);

        private void Change(ulong cookie, SocketRefusal refusal) => found[cookie] = refusal;

        private static List<AddressPrefix> Peers(ReadOnlySpan<byte> keys)
        {
            var peers = new List<AddressPrefix>();
            for (; keys.Length >= KeySize; keys = keys[KeySize..])
            {
                var address = keys[0] == AddressFamilyNumber.IPv4
                    ? InternetAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(keys[KeyAddress..]))
                    : InternetAddress.FromBytes(keys.Slice(KeyAddress, 16));
                if (keys[0] is AddressFamilyNumber.IPv4 or AddressFamilyNumber.IPv6 && keys[1] <= (address.IsIPv4 ? 32 : 128))
                {
                    peers.Add(new AddressPrefix(address, keys[1]));
                }
            }

            return peers;
        }
    }
}
