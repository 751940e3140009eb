using System.Buffers;
using System.Text;
using Portolan.Model;

namespace Portolan.Linux.Proc;

/// <summary>Reads the addresses of a network namespace from the files of /proc/PID/net: no privilege and no setns needed.</summary>
public static class LocalAddresses
{
    /// <summary>
    /// IPv4, from fib_trie: a line <c>|-- ADDRESS</c> followed by one that says <c>/32 host LOCAL</c>. Loopback is left out.
    /// </summary>
    public static void ReadIPv4(ReadOnlySpan<byte> fibTrie, ISet<InternetAddress> addresses)
    {
        var candidate = default(InternetAddress);
        var known = false;
        foreach (var range in fibTrie.Split((byte)'\n'))
        {
            var line = fibTrie[range].Trim((byte)' ');
            if (line.StartsWith("|-- "u8))
            {
                known = InternetAddress.TryParse(Encoding.ASCII.GetString(line[4..]), out candidate) && candidate.IsIPv4
                    && !candidate.IsLoopback;
            }
            else if (known && line.SequenceEqual("/32 host LOCAL"u8))
            {
                addresses.Add(candidate);
            }
        }
    }

    /// <summary>IPv6, from if_inet6: 32 hexadecimal digits at the start of each line. Loopback and link-local are left out.</summary>
    public static void ReadIPv6(ReadOnlySpan<byte> ifInet6, ISet<InternetAddress> addresses)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach (var range in ifInet6.Split((byte)'\n'))
        {
            var line = ifInet6[range];
            if (line.Length >= 32
                && Convert.FromHexString(Encoding.ASCII.GetString(line[..32]), bytes, out _, out var written) == OperationStatus.Done
                && written == 16)
            {
                var address = InternetAddress.FromBytes(bytes);
                if (!address.IsLoopback && !address.IsLinkLocal)
                {
                    addresses.Add(address);
                }
            }
        }
    }
}
