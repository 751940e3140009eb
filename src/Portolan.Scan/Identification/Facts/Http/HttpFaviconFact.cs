using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Http;

/// <summary>
/// Hashes of the icon that browsers show: by MD5 as nmap has it, by MurmurHash3 of its base64 as Shodan has it. The icon is the one that
/// the page at the root links to on the same host and port, else <c>/favicon.ico</c>.
/// </summary>
internal sealed class HttpFaviconFact() : HttpFact("http-favicon", "hashes of the icon that the first page links to, else of /favicon.ico")
{
    private const int Base64Line = 76;

    private static readonly ServiceProbe Favicon =
        new("HTTP GET /favicon.ico", static target => HttpProtocol.Request(target, "/favicon.ico"));

    /// <inheritdoc/>
    public override bool NeedsOpenSsl => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [HttpProtocol.Get, HttpPaths.Probe, Favicon];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var path = await RootAsync(context) is { } root ? Linked(root, context) : null;
        var page = path is null
            ? await context.Pages.AskAsync(context, Favicon, "/favicon.ico")
            : await context.Pages.AskAsync(context, HttpPaths.Probe.ForPath(path), path);
        if (page is not { Status: 200, IsWhole: true, Body.IsEmpty: false }
            || page.Header("Content-Type")?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) == true)
        {
            // A page that says there is none is not an icon; half of one has another hash.
            return null;
        }

        var icon = page.Body.Span;
        var (md5, murmur) = (Convert.ToHexStringLower(Md5(icon)), ShodanHash(icon));
        return Fact.Of(
            Id,
            [FactField.Of("path", path ?? "/favicon.ico"), FactField.Of("length", icon.Length), FactField.Of("md5", md5),
                FactField.Of("mmh3", murmur), FactField.Of("sha256", Convert.ToHexStringLower(SHA256.HashData(icon)))],
            FormattableString.Invariant($"MD5: {md5}; mmh3: {murmur}"));
    }

    private static string? Linked(HttpPage page, FactContext context)
    {
        var tag = page.Tag("<link "u8, "icon"u8);
        return HttpPage.Attribute(tag, "rel"u8) is { } kind && kind.Split(' ').Contains("icon", StringComparer.OrdinalIgnoreCase)
            && HttpPage.Attribute(tag, "href"u8) is { } address
            ? HttpPaths.Local(context.Target, context.Service.Tunnel is not null, "/", address) : null;
    }

    /// <summary>Shodan's <c>http.favicon.hash</c>: MurmurHash3 of the base64 in lines of 76 characters.</summary>
    internal static int ShodanHash(ReadOnlySpan<byte> icon)
    {
        var text = Convert.ToBase64String(icon);
        var lines = new StringBuilder();
        for (var at = 0; at < text.Length; at += Base64Line)
        {
            lines.Append(text, at, Math.Min(Base64Line, text.Length - at)).Append('\n');
        }

        return (int)Murmur3(Encoding.ASCII.GetBytes(lines.ToString()));
    }

    // MurmurHash3_x86_32 of Austin Appleby (public domain), with the seed 0.
    private static uint Murmur3(ReadOnlySpan<byte> bytes)
    {
        const uint First = 0xCC9E2D51, Second = 0x1B873593;
        var (hash, length) = (0u, (uint)bytes.Length);
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            hash ^= BitOperations.RotateLeft(BinaryPrimitives.ReadUInt32LittleEndian(bytes) * First, 15) * Second;
            hash = (BitOperations.RotateLeft(hash, 13) * 5) + 0xE6546B64;
        }

        var tail = 0u;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            tail = (tail << 8) | bytes[i];
        }

        hash ^= BitOperations.RotateLeft(tail * First, 15) * Second;
        hash ^= length;
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return hash ^ (hash >> 16);
    }

#pragma warning disable CA5351 // By this name others know the icon; it proves nothing.
    private static byte[] Md5(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
