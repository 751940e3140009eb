namespace Portolan.Fleet.Jobs;

/// <summary>Host numbers as bytes: the distance from each to the next, in groups of seven bits (LEB128). A byte or two a host.</summary>
public static class HostListCodec
{
    private const int Continues = 0x80;

    /// <summary>Writes ascending numbers.</summary>
    public static byte[] Write(ReadOnlySpan<long> hosts)
    {
        var bytes = new List<byte>(hosts.Length * 2);
        long before = -1;
        foreach (var host in hosts)
        {
            if (host <= before)
            {
                throw new ArgumentException("the numbers are not ascending", nameof(hosts));
            }

            var distance = (ulong)(host - before - 1);
            before = host;
            while (distance >= Continues)
            {
                bytes.Add((byte)(distance | Continues));
                distance >>= 7;
            }

            bytes.Add((byte)distance);
        }

        return [.. bytes];
    }

    /// <summary>Reads them.</summary>
    /// <param name="bytes">What <see cref="Write"/> wrote.</param>
    /// <param name="below">Every number is below this.</param>
    /// <exception cref="FormatException">The bytes are something else.</exception>
    public static long[] Read(ReadOnlySpan<byte> bytes, long below)
    {
        var hosts = new List<long>(bytes.Length);
        long before = -1;
        for (var at = 0; at < bytes.Length;)
        {
            ulong distance = 0;
            for (var shift = 0; ; shift += 7)
            {
                if (at >= bytes.Length || shift > 56)
                {
                    throw new FormatException("the list of hosts is damaged");
                }

                var next = bytes[at++];
                distance |= (ulong)(next & ~Continues) << shift;
                if ((next & Continues) == 0)
                {
                    break;
                }
            }

            if (distance >= (ulong)(below - before - 1))
            {
                throw new FormatException("the list names a host that the job does not have");
            }

            before += (long)distance + 1;
            hosts.Add(before);
        }

        return [.. hosts];
    }
}
