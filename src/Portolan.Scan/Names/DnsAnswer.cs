using System.Globalization;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Names;

/// <summary>
/// A record of an answer as text and, where it is one, as an address. Names and texts come from outside: not for a terminal as they are.
/// </summary>
/// <param name="Name">Whose record.</param>
/// <param name="Type">Its type.</param>
/// <param name="TimeToLive">Seconds it may be kept.</param>
/// <param name="Data">The data as master files write it; in hexadecimal for types that are not known here.</param>
/// <param name="Address">The address of an A or AAAA record.</param>
public sealed record DnsFact(string Name, DnsType Type, uint TimeToLive, string Data, InternetAddress? Address);

/// <summary>A checked answer to a question.</summary>
/// <param name="Code">How it went.</param>
/// <param name="IsTruncated">Only a part of the answer.</param>
/// <param name="IsAuthoritative">From the zone's own server.</param>
/// <param name="IsRecursive">From a server that asks others.</param>
/// <param name="Records">The answer section.</param>
public sealed record DnsAnswer(
    DnsResponseCode Code, bool IsTruncated, bool IsAuthoritative, bool IsRecursive, IReadOnlyList<DnsFact> Records)
{
    private const int MaxRecords = 512;
    private const int MaxAliases = 16;

    /// <summary>Reads bytes as the answer to a query; fails when they are not (another id or question, or no DNS message at all).</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> query, out DnsAnswer? answer)
    {
        answer = null;
        if (!DnsMessage.TryRead(bytes, out var message) || !DnsMessage.TryRead(query, out var asked) || !message.IsAnswerTo(asked))
        {
            return false;
        }

        var records = new List<DnsFact>();
        foreach (var record in message.Answers)
        {
            if (records.Count < MaxRecords && record.Class == DnsClass.Internet)
            {
                records.Add(FactOf(record));
            }
        }

        answer = new DnsAnswer(
            message.ResponseCode, message.IsTruncated, (message.Flags & DnsFlags.Authoritative) != 0,
            (message.Flags & DnsFlags.RecursionAvailable) != 0, records);
        return true;
    }

    /// <summary>Follows the aliases (CNAME) from a name; returns where they end. A circle ends where it closes.</summary>
    public string Follow(string name)
    {
        for (var i = 0; i < MaxAliases && Alias(name) is { } next; i++)
        {
            name = next;
        }

        return name;
    }

    /// <summary>It names other servers to ask, which is not an answer to who asks like us.</summary>
    public bool IsReferral => Code == DnsResponseCode.NoError && Records.Count == 0 && !IsAuthoritative && !IsRecursive;

    /// <summary>The records of a type that a name has, aliases followed unless they are what was asked for.</summary>
    public IEnumerable<DnsFact> Of(string name, DnsType type)
    {
        var owner = type is DnsType.Cname or DnsType.Any ? name : Follow(name);
        foreach (var record in Records)
        {
            // An address record without an address (of another length) is none.
            var isBroken = record.Address is null && type is (DnsType.A or DnsType.Aaaa);
            if ((record.Type == type || type == DnsType.Any) && !isBroken && SameName(record.Name, owner))
            {
                yield return record;
            }
        }
    }

    private string? Alias(string name)
    {
        foreach (var record in Records)
        {
            if (record.Type == DnsType.Cname && SameName(record.Name, name))
            {
                return record.Data;
            }
        }

        return null;
    }

    private static bool SameName(string left, string right) =>
        left.AsSpan().TrimEnd('.').Equals(right.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static DnsFact FactOf(in DnsRecord record)
    {
        var name = record.Name.ToString();
        if (record.TryReadAddress(out var address))
        {
            return new DnsFact(name, record.Type, record.TimeToLive, address.ToString(), address);
        }

        return new DnsFact(name, record.Type, record.TimeToLive, DataOf(record), null);
    }

    private static string DataOf(in DnsRecord record)
    {
        if (record.TryReadName(out var other))
        {
            return other.ToString();
        }

        if (record.TryReadMailExchange(out var preference, out var exchange))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{preference} {exchange.ToString()}");
        }

        if (record.TryReadService(out var service))
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"{service.Priority} {service.Weight} {service.Port} {service.Target.ToString()}");
        }

        if (record.TryReadStartOfAuthority(out var authority))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{authority.Server.ToString()} {authority.Mailbox.ToString()} {authority.Serial} {authority.Refresh} {authority.Retry} "
                    + $"{authority.Expire} {authority.Minimum}");
        }

        if (record.Type == DnsType.Txt)
        {
            var text = new System.Text.StringBuilder();
            foreach (var part in record.Texts)
            {
                text.Append(text.Length > 0 ? " \"" : "\"")
                    .Append(System.Text.Encoding.UTF8.GetString(part).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
            }

            return text.ToString();
        }

        return Convert.ToHexStringLower(record.Data);
    }
}
