using System.Buffers;
using System.Text;

namespace Portolan.Scan.Identification.Http;

/// <summary>Compares a reply with the signs of products.</summary>
internal static class HttpMatch
{
    private static readonly SearchValues<char> BehindVersion = SearchValues.Create(" ;,()/");

    /// <summary>Whether a product's signs are all there; those of its <see cref="HttpProduct.Path"/> are not looked at.</summary>
    public static bool Fits(HttpProduct product, in HttpReply reply) =>
        (product.Server is null || IsServer(reply.Header("Server"u8), product.Server))
        && (product.Header is null || reply.HasHeader(Encoding.ASCII.GetBytes(product.Header)))
        && (!product.SaysNothing || (reply.Body.IsEmpty && !reply.HasHeader("Server"u8)))
        && (product.Via is null || ReplyText.Has(reply.Header("Via"u8), Encoding.ASCII.GetBytes(product.Via)))
        && (product.Location is null || reply.Header("Location"u8).EndsWith(Encoding.ASCII.GetBytes(product.Location)))
        && (product.Body is null || reply.Body.IndexOf(Encoding.UTF8.GetBytes(product.Body)) >= 0);

    /// <summary>The version that a reply carries; <c>null</c> for none.</summary>
    public static string? VersionOf(HttpProduct product, in HttpReply reply)
    {
        if (product.VersionHeader is { } header)
        {
            return Clean(ReplyText.Of(reply.Header(Encoding.ASCII.GetBytes(header))));
        }

        if (product.Via is { } via)
        {
            return Behind(reply.Header("Via"u8), via);
        }

        if (product.ServerVersionBehind is { } word)
        {
            return Behind(reply.Header("Server"u8), word);
        }

        if (product.VersionBehind is { } words)
        {
            return Behind(reply.Body, words);
        }

        var server = reply.Header("Server"u8);
        if (product.Server is not { } name || server.Length <= name.Length)
        {
            return null;
        }

        var rest = server[name.TrimEnd('/', '(').Length..];
        return rest[0] is (byte)'/' or (byte)'(' or (byte)' ' ? Clean(ReplyText.Of(rest[1..])) : null;
    }

    /// <summary>The version behind some words of a text.</summary>
    public static string? Behind(ReadOnlySpan<byte> text, string words) =>
        Clean(ReplyText.Behind(text, Encoding.ASCII.GetBytes(words), "\",<)} "u8));

    // A version begins with a digit, perhaps behind a v.
    private static string? Clean(string? text)
    {
        var version = text?.TrimStart('v');
        if (version is not { Length: > 0 } || !char.IsAsciiDigit(version[0]))
        {
            return null;
        }

        var end = version.AsSpan().IndexOfAny(BehindVersion);
        return end < 0 ? version : version[..end];
    }

    // "nginx" is no "nginx-proxy": what follows the name is not a letter.
    private static bool IsServer(ReadOnlySpan<byte> server, string name)
    {
        var word = Encoding.ASCII.GetBytes(name);
        return ReplyText.Begins(server, word) && (server.Length == word.Length || name[^1] is '/' or '(' || !IsWord(server[word.Length]));
    }

    private static bool IsWord(byte one) => char.IsAsciiLetterOrDigit((char)one) || one is (byte)'-' or (byte)'_';
}
