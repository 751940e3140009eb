using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Whether bytes that a server received are those of a probe, as docs/identify.md has them.</summary>
internal static class DeclaredBytes
{
    /// <summary>All that facts send over a transport protocol.</summary>
    public static IEnumerable<ServiceProbe> OfFacts(TransportProtocol transport) =>
        FactCatalog.Of(transport).SelectMany(fact => fact.ProbesOver(transport));

    /// <summary>Whether they are those of a fact.</summary>
    public static bool AreOfFact(ServiceTarget target, byte[] sent) => OfFacts(target.Protocol).Any(probe => IsOf(probe, target, sent));

    /// <summary>Whether they are those of a probe.</summary>
    public static bool IsOf(ServiceProbe probe, ServiceTarget target, byte[] sent)
    {
        var declared = probe.BytesFor(target).Span;
        if (probe.PathStandIn is { } standIn)
        {
            return IsWithPath(Encoding.Latin1.GetString(declared), standIn, Encoding.Latin1.GetString(sent));
        }

        if (probe.Repeated == 0 || declared.Length != sent.Length)
        {
            return declared.SequenceEqual(sent);
        }

        // Where bytes of the peer stand, any may.
        var ones = new byte[probe.Repeated];
        Array.Fill(ones, (byte)0xFF);
        var other = probe.Repeating(ones).BytesFor(target).Span;
        for (var i = 0; i < sent.Length; i++)
        {
            if (declared[i] == other[i] && declared[i] != sent[i])
            {
                return false;
            }
        }

        return true;
    }

    // Where the stand-in stands, a path may: printable ASCII without spaces, at most 512 characters.
    private static bool IsWithPath(string declared, string standIn, string sent)
    {
        var at = declared.IndexOf(standIn, StringComparison.Ordinal);
        var (before, after) = (declared[..at], declared[(at + standIn.Length)..]);
        if (!sent.StartsWith(before, StringComparison.Ordinal) || !sent.EndsWith(after, StringComparison.Ordinal)
            || sent.Length < before.Length + after.Length)
        {
            return false;
        }

        var path = sent[before.Length..^after.Length];
        return path.Length is > 0 and <= 512 && path[0] == '/' && path.All(static one => one is > ' ' and < (char)0x7F);
    }
}
