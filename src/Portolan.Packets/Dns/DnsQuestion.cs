namespace Portolan.Packets;

/// <summary>A question of a DNS message (RFC 1035 section 4.1.2).</summary>
public readonly ref struct DnsQuestion
{
    internal DnsQuestion(DnsName name, DnsType type, DnsClass @class)
    {
        Name = name;
        Type = type;
        Class = @class;
    }

    /// <summary>What is asked about.</summary>
    public DnsName Name { get; }

    /// <summary>Which records are asked for.</summary>
    public DnsType Type { get; }

    /// <summary>The name space that is asked about, nearly always IN (RFC 1035 section 3.2.4).</summary>
    public DnsClass Class { get; }
}
