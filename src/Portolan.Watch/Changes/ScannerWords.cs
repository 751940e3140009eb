using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Changes;

/// <summary>
/// Compares what two scanners say of a service. Each words notes, and some names, in its own way: product and version decide, and what
/// one of them leaves open is not a change.
/// </summary>
internal static class ScannerWords
{
    private static readonly char[] Separators = [' ', '-', '/', '|'];

    // nmap's names beside IANA's.
    private static readonly string[][] Synonyms =
    [
        ["rpcbind", "sunrpc"], ["netbios-ssn", "microsoft-ds"], ["http", "ipp", "websocket", "docker"], ["smtp", "submission", "lmtp"],
    ];

    /// <summary>What changed; <c>null</c> where both may be true of the same service.</summary>
    public static ChangeKind? KindOf(ServiceFacts a, ServiceFacts b)
    {
        // nmap's word for a port that closes connections without an answer.
        if (a.Name is "tcpwrapped" or "unknown" || b.Name is "tcpwrapped" or "unknown")
        {
            return null;
        }

        if (a.Tunnel != b.Tunnel)
        {
            return ChangeKind.Service;
        }

        var (partsA, partsB) = (Parts.Of(a), Parts.Of(b));
        if (partsA.Product.Count == 0 || partsB.Product.Count == 0)
        {
            return IsSameName(a.Name, b.Name) || partsA.All(a.Name).Overlaps(partsB.All(b.Name)) ? null : ChangeKind.Service;
        }

        return !partsA.Product.IsSubsetOf(partsB.All()) && !partsB.Product.IsSubsetOf(partsA.All()) ? ChangeKind.Service
            : IsSameVersion(partsA.Version, partsB.Version) ? null
            : ChangeKind.Version;
    }

    private static bool IsSameName(string a, string b) =>
        Array.Exists(Synonyms, names => Array.IndexOf(names, a) >= 0 && Array.IndexOf(names, b) >= 0);

    // A version that one of them knows less exactly, or as a range, is no other version.
    private static bool IsSameVersion(string? a, string? b)
    {
        if (a is null || b is null || IsRange(a) || IsRange(b))
        {
            return true;
        }

        var (wordsA, wordsB) = (Words(a), Words(b));
        return wordsA.Count == 0 || wordsB.Count == 0 || wordsB.Contains(wordsA.First()) || wordsA.Contains(wordsB.First())
            || IsLessExact(wordsA.First(), wordsB.First()) || IsLessExact(wordsB.First(), wordsA.First());
    }

    // 2.4 is 2.4.57, and neither 2.40 nor 2.4p1.
    private static bool IsLessExact(string less, string more) =>
        more.Length > less.Length && more.StartsWith(less, StringComparison.OrdinalIgnoreCase) && more[less.Length] is '.' or '+' or '~';

    // 2.2.X - 2.3.X, 9.6.0 or later
    private static bool IsRange(string version) =>
        version.Contains(" - ", StringComparison.Ordinal) || version.Contains(" or ", StringComparison.Ordinal)
        || version.Split(' ')[0].Split('.').Contains("X");

    private static HashSet<string> Words(string text) =>
        new(text.Split(Separators, StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);

    private readonly record struct Parts(HashSet<string> Product, string? Version)
    {
        public static Parts Of(ServiceFacts service)
        {
            if (!service.IsJoined)
            {
                return new Parts(Words(service.Product ?? ""), service.Version);
            }

            // Product, version and notes in one text: OpenSSH 9.2p1 Debian 2 (protocol 2.0)
            var text = service.VersionText;
            var notes = text.StartsWith('(') ? 0 : text.IndexOf(" (", StringComparison.Ordinal);
            var words = (notes < 0 ? text : text[..notes]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var number = Array.FindIndex(words, static word => char.IsAsciiDigit(word[0]));
            return number < 0
                ? new Parts(Words(string.Join(' ', words)), null)
                : new Parts(Words(string.Join(' ', words[..number])), string.Join(' ', words[number..]));
        }

        // The version or the name may hold the product: MySQL 5.5.5-10.11.6-MariaDB
        public HashSet<string> All(string name = "") => Words(string.Join(' ', [.. Product, Version ?? "", name]));
    }
}
