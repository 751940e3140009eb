using System.Globalization;
using System.Numerics;

namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Reads an address or a prefix, and explains what is wrong with one.</summary>
internal static class PrefixText
{
    private const int MappedBits = 96;

    /// <summary>Whether the text is an address or prefix as a whole.</summary>
    public static bool IsNetwork(string text) => TryParse(text, out _, out _, out _);

    /// <summary>
    /// Reads <c>10.0.0.0/8</c>, <c>10/8</c>, <c>2001:db8::/32</c> or an address. Host bits are cleared; IPv4 mapped into IPv6 becomes IPv4,
    /// which matches such sockets as well.
    /// </summary>
    public static bool TryParse(string text, out InternetAddress network, out int prefixLength, out PrefixProblem problem)
    {
        problem = default;
        prefixLength = 0;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        if (!InternetAddress.TryParse(slash < 0 ? host : Complete(host), out network))
        {
            problem = NotAnAddress(text, host);
            return false;
        }

        prefixLength = network.BitCount;
        if (slash >= 0 && !TryLength(text[(slash + 1)..], network, host, out prefixLength, out problem))
        {
            return false;
        }

        if (network.IsIPv4Mapped && prefixLength >= MappedBits)
        {
            network = network.Unmap();
            prefixLength -= MappedBits;
        }

        network = Masked(network, prefixLength);
        return true;
    }

    // 10/8 and 172.16/12 are what people write for whole networks.
    private static string Complete(string host)
    {
        var dots = host.Contains(':', StringComparison.Ordinal) ? 3 : host.AsSpan().Count('.');
        return host.Length > 0 && dots < 3 ? host + string.Concat(Enumerable.Repeat(".0", 3 - dots)) : host;
    }

    private static bool TryLength(string text, InternetAddress network, string host, out int length, out PrefixProblem problem)
    {
        problem = default;
        if (text.Length is > 0 and <= 9 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length))
        {
            if (length <= network.BitCount)
            {
                return true;
            }

            problem = new($"an {(network.IsIPv4 ? "IPv4" : "IPv6")} prefix has 0 to {network.BitCount} bits, not {text}");
            return false;
        }

        length = 0;
        problem = new($"a prefix ends with its length in bits, not \"{text}\"", MaskBits(text) is { } bits ? $"{host}/{bits}" : null);
        return false;
    }

    private static int? MaskBits(string text)
    {
        if (!InternetAddress.TryParse(text, out var mask) || !mask.IsIPv4)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[4];
        mask.WriteBytes(bytes);
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var ones = BitOperations.PopCount(bits);
        return BitOperations.LeadingZeroCount(~bits) == ones ? ones : null;
    }

    private static PrefixProblem NotAnAddress(string text, string host)
    {
        if (host.Length > 0 && text.All(char.IsAsciiDigit))
        {
            return new($"\"{text}\" is not an address", ":" + text);
        }

        if (host.Contains('%', StringComparison.Ordinal))
        {
            return new(
                $"\"{text}\" has a scope, which needs a separate condition",
                $"{host[..host.IndexOf('%', StringComparison.Ordinal)]} and dev "
                    + $"{host[(host.IndexOf('%', StringComparison.Ordinal) + 1)..]}");
        }

        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return new("names are not looked up", "127.0.0.0/8,::1");
        }

        return new(
            $"\"{text}\" is not an address or a prefix", null,
            host.Any(char.IsAsciiLetter) ? Advice.Of($"names are not looked up: give the address") : null);
    }

    private static InternetAddress Masked(InternetAddress address, int prefixLength)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..address.WriteBytes(bytes)];
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(prefixLength - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff00 >> bits);
        }

        return InternetAddress.FromBytes(bytes);
    }
}

/// <summary>What is wrong with an address.</summary>
internal readonly record struct PrefixProblem(string Message, string? Suggestion = null, Advice? Hint = null);
