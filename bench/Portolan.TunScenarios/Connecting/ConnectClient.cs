using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Portolan.TunScenarios.Connecting;

/// <summary>
/// Opens connections by the kernel's TCP and closes them in order, so many at once: connect, say that nothing more is written, read the
/// peer's end, close. Destinations take turns, for each pair rests in TIME-WAIT on this side.
/// </summary>
internal sealed unsafe class ConnectClient : IDisposable
{
    private const int AF_INET = 2;
    private const int SOCK_STREAM_NONBLOCK = 0x801;
    private const int EINPROGRESS = 115;
    private const int SHUT_WR = 1;
    private const int AddressLength = 16;
    private const int LongestSilence = 10_000;

    private readonly Epoll _epoll = new();
    private readonly byte[] _addresses;
    private readonly int _destinations;
    private readonly HashSet<int> _shut = [];
    private int _begun;

    /// <summary>Prepares it.</summary>
    /// <param name="destinations">IPv4 only.</param>
    internal ConnectClient(IReadOnlyList<IPEndPoint> destinations)
    {
        _destinations = destinations.Count;
        _addresses = GC.AllocateArray<byte>(destinations.Count * AddressLength, pinned: true);
        for (var i = 0; i < destinations.Count; i++)
        {
            var room = _addresses.AsSpan(i * AddressLength, AddressLength);
            MemoryMarshal.Write(room, (ushort)AF_INET);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(room[2..], (ushort)destinations[i].Port);
            destinations[i].Address.TryWriteBytes(room[4..], out _);
        }
    }

    /// <summary>Opens and closes. In the namespace of the calling thread.</summary>
    /// <param name="count">How many connections.</param>
    /// <param name="atOnce">How many are under way at a time.</param>
    internal void Run(int count, int atOnce)
    {
        var left = count;
        for (var i = 0; i < Math.Min(atOnce, count); i++, left--)
        {
            Begin();
        }

        for (var ended = 0; ended < count;)
        {
            var events = _epoll.Wait(LongestSilence);
            if (events == 0)
            {
                throw new TimeoutException($"{ended} connections of {count} ended, and then none for {LongestSilence / 1000} s");
            }

            for (var i = 0; i < events; i++)
            {
                if (Advance(_epoll[i].Descriptor, _epoll[i].Events))
                {
                    ended++;
                    if (left > 0)
                    {
                        left--;
                        Begin();
                    }
                }
            }
        }
    }

    public void Dispose() => _epoll.Dispose();

    private void Begin()
    {
        var descriptor = Epoll.Check(Epoll.socket(AF_INET, SOCK_STREAM_NONBLOCK, 0), "make a socket");
        fixed (byte* address = &_addresses[_begun++ % _destinations * AddressLength])
        {
            if (Epoll.connect(descriptor, address, AddressLength) < 0 && Marshal.GetLastPInvokeError() != EINPROGRESS)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), $"connect {_begun}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        _epoll.Add(descriptor, Epoll.Readable | Epoll.Writable);
    }

    /// <summary>Whether a connection is over now.</summary>
    private bool Advance(int descriptor, uint events)
    {
        if ((events & (Epoll.Readable | Epoll.HungUp | Epoll.Failed)) == 0)
        {
            // There is place to write once more when the peer has acknowledged FIN.
            if (_shut.Add(descriptor))
            {
                Epoll.Check(Epoll.shutdown(descriptor, SHUT_WR), "shut down for writing");
            }

            return false;
        }

        byte nothing;
        var count = Epoll.read(descriptor, &nothing, 1);
        if (count != 0)
        {
            throw new SocketException(count > 0 ? (int)SocketError.MessageSize : Marshal.GetLastPInvokeError());
        }

        _shut.Remove(descriptor);
        Epoll.close(descriptor);
        return true;
    }
}
