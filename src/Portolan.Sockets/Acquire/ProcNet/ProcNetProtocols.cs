namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>/proc/net/protocols: which protocols this kernel has at all, and how many sockets each has in the namespace.</summary>
internal static class ProcNetProtocols
{
    /// <summary>Finds a protocol by the kernel's name.</summary>
    /// <param name="text">The whole file.</param>
    /// <param name="name">Such as <c>SCTP</c>.</param>
    /// <param name="sockets">How many sockets; -1 when the kernel does not count them.</param>
    internal static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<char> name, out int sockets)
    {
        sockets = -1;
        foreach (var range in text.Split((byte)'\n'))
        {
            var fields = new FieldReader(text[range]);
            if (fields.TryNext(out var found) && IsName(found, name))
            {
                if (fields.TrySkip(1) && fields.TryNextDecimal(out var count) && count <= int.MaxValue)
                {
                    sockets = (int)count;
                }

                return true;
            }
        }

        return false;
    }

    private static bool IsName(ReadOnlySpan<byte> found, ReadOnlySpan<char> name)
    {
        if (found.Length != name.Length)
        {
            return false;
        }

        for (var index = 0; index < name.Length; index++)
        {
            if (found[index] != name[index])
            {
                return false;
            }
        }

        return true;
    }
}
