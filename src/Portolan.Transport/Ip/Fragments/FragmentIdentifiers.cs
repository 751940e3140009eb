using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>
/// Names of fragmented packets: counters chosen by a keyed hash of both addresses, each from a random start (RFC 7739 section 5.3): they
/// repeat late and tell nobody what goes to others.
/// </summary>
internal sealed class FragmentIdentifiers
{
    private const int Counters = 1024;

    private readonly uint[] _counters = new uint[Counters];
    private readonly SipHash _hash;

    internal FragmentIdentifiers(SipHash hash)
    {
        _hash = hash;
        for (var i = 0; i < Counters; i++)
        {
            _counters[i] = (uint)hash.QuickOf((ulong)i, ulong.MaxValue);
        }
    }

    internal uint Next(InternetAddress source, InternetAddress destination)
    {
        var number = _hash.QuickOf([source.UpperBits, source.LowerBits, destination.UpperBits, destination.LowerBits]);
        return ++_counters[(int)(number % Counters)];
    }
}
