namespace Portolan.Reachability.Explaining;

/// <summary>Whether who reaches what.</summary>
public sealed record ExplainQuestion
{
    /// <summary>The destination port of the packets.</summary>
    public required PortNumber Port { get; init; }

    /// <summary>The transport protocol of the packets.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>The address asked about; <c>null</c> for every one of this machine.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>
    /// The own addresses that an answer is about, where none was asked about and they are answered by other routes than the rest;
    /// <c>null</c> for all.
    /// </summary>
    internal IntervalSet? Among { get; init; }

    /// <summary>The name that the address was found for, with what is to be said of it; or <c>null</c>.</summary>
    public string? Name { get; init; }

    /// <summary>The port as a service, such as <c>http-alt</c>, or <c>null</c>.</summary>
    public string? Service { get; init; }

    /// <summary>The senders asked about; <c>null</c> for all.</summary>
    public SenderChoice? From { get; init; }

    /// <summary>The file whose rules are judged in place of the kernel's, as it was named; or <c>null</c>.</summary>
    public string? RulesFile { get; init; }

    /// <summary>Whether IPv4 is asked about.</summary>
    public bool UseIPv4 { get; init; } = true;

    /// <summary>Whether IPv6 is asked about.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>Of an outgoing flow, the user whose program sends.</summary>
    public uint? UserId { get; init; }

    /// <summary>Such as <c>8080/tcp</c> or <c>[2001:db8::1]:53/udp</c>.</summary>
    public string Target => Address switch
    {
        null => $"{Port}/{Protocol.Name()}",
        { IsIPv4: true } address => $"{address}:{Port}/{Protocol.Name()}",
        { } address => $"[{address}]:{Port}/{Protocol.Name()}",
    };

    /// <summary>The port as the commands take it: <c>8080</c>, <c>53/udp</c>.</summary>
    public string PortWords => Protocol == TransportProtocol.Tcp ? $"{Port}" : $"{Port}/{Protocol.Name()}";

    /// <summary>The words that ask this again.</summary>
    public Advice Command
    {
        get
        {
            List<Advice> words =
                [$"portolan explain "
                    + $"{(Address is null ? PortWords : Address is { IsIPv4: true } four ? $"{four}:{Port}" : $"[{Address}]:{Port}")}"];
            if (Address is not null && Protocol == TransportProtocol.Udp)
            {
                words.Add($"--udp");
            }

            if (From is { } from)
            {
                words.Add(Advice.Option("--from", from.Text));
            }

            if (UseIPv4 != UseIPv6 && Address is null && From?.IsIPv4 is null)
            {
                words.Add(UseIPv4 ? Advice.Of($"-4") : $"-6");
            }

            if (RulesFile is { } file)
            {
                words.Add(Advice.Option("--rules", file));
            }

            return Advice.Join(" ", words);
        }
    }
}

/// <summary>Which senders: an address or prefix, all behind an interface, or those addresses behind that interface.</summary>
/// <param name="Text">As it was written. Hostile text.</param>
public sealed record SenderChoice(string Text)
{
    /// <summary>The addresses; <c>null</c> for those to expect at <see cref="Interface"/>.</summary>
    public IntervalSet? Addresses { get; init; }

    /// <summary>The family of the addresses; <c>null</c> for both.</summary>
    public bool? IsIPv4 { get; init; }

    /// <summary>The address or prefix as it was written, without an interface; that text where only an interface was named.</summary>
    public string AddressText =>
        Addresses is null || Text.IndexOf('%', StringComparison.Ordinal) is not (>= 0 and var end) ? Text : Text[..end];

    /// <summary>Index of the interface, 0 when none was named.</summary>
    public int Interface { get; init; }

    /// <summary>Whether it is one of this machine's own addresses, or loopback.</summary>
    public bool IsThisMachine { get; init; }
}
