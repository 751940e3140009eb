using System.Buffers;

namespace Portolan.Tests.Transport.Stack.Loans;

/// <summary>Bytes of one direction of one connection: no other's look so, and none of its own at another place.</summary>
internal sealed class MarkedBytes
{
    private const int Period = 8192;

    private readonly byte[] _pattern = new byte[2 * Period];

    internal MarkedBytes(int number)
    {
        new Random(number).NextBytes(_pattern.AsSpan(0, Period));
        _pattern.AsSpan(0, Period).CopyTo(_pattern.AsSpan(Period));
    }

    /// <summary>Writes what stands from a place of the stream on.</summary>
    internal void Fill(long place, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var part = From(place, destination.Length);
            part.CopyTo(destination);
            place += part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>How many bytes are not those that stand there.</summary>
    internal int CountForeign(long place, ReadOnlySequence<byte> bytes)
    {
        var count = 0;
        foreach (var part in bytes)
        {
            count += CountForeign(place, part.Span);
            place += part.Length;
        }

        return count;
    }

    /// <summary>How many bytes are not those that stand there.</summary>
    internal int CountForeign(long place, ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        while (!bytes.IsEmpty)
        {
            var part = From(place, bytes.Length);
            if (!bytes[..part.Length].SequenceEqual(part))
            {
                for (var i = 0; i < part.Length; i++)
                {
                    count += bytes[i] == part[i] ? 0 : 1;
                }
            }

            place += part.Length;
            bytes = bytes[part.Length..];
        }

        return count;
    }

    private ReadOnlySpan<byte> From(long place, int length) => _pattern.AsSpan((int)(place % Period), Math.Min(length, Period));
}
