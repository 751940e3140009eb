using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>A rule of the kernel that leads packets for a port of this host elsewhere.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
public sealed record PortForward(TransportProtocol Protocol, PortNumber Port)
{
    /// <summary>
    /// The address of this host that it is for; 0.0.0.0 or :: for all of that family, <c>null</c> for all, or where that was not looked at.
    /// </summary>
    public InternetAddress? Address { get; init; }

    /// <summary>Whether packets of IPv4 are forwarded.</summary>
    public bool TakesIPv4 { get; init; }

    /// <summary>Whether packets of IPv6 are.</summary>
    public bool TakesIPv6 { get; init; }

    /// <summary>
    /// Where they go, such as <c>192.0.2.7:80</c>; one after the other where there are several. None while no target is up.
    /// </summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>The containers of this machine that have a target's address, where that was looked for.</summary>
    public IReadOnlyList<ContainerInfo> Containers { get; init; } = [];

    /// <summary>The senders whose packets are forwarded; none for everyone, or where that was not looked at.</summary>
    public IReadOnlyList<AddressPrefix> Sources { get; init; } = [];

    /// <summary>Whether packets for the port are there that no rule forwards.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Whether targets see the addresses of clients; <c>null</c> where that was not looked at.</summary>
    public bool? KeepsSource { get; init; }

    /// <summary>The rule, such as <c>inet portolan_forward forward_1 handle 45</c>. Hostile text.</summary>
    public required string Rule { get; init; }

    /// <summary>Whether it is one of <c>portolan forward --kernel</c>, and goes with its process.</summary>
    public bool IsOfPortolan { get; init; }

    /// <summary>The netlink port of the socket that the table belongs to, or <c>null</c>.</summary>
    public uint? OwnerPortId { get; init; }

    /// <summary>The processes that hold that socket; empty where none is known.</summary>
    public IReadOnlyList<ProcessInfo> Processes { get; init; } = [];

    /// <summary>The address and port of this host, such as <c>*:8080</c> or <c>[2001:db8::1]:53</c>.</summary>
    public string Listen => Address is not { } address ? $"*:{Port}" : address.IsIPv4 ? $"{address}:{Port}" : $"[{address}]:{Port}";

    /// <summary>Where it leads, in words: targets, senders and families.</summary>
    public string Words =>
        $"{(Targets.Count == 0 ? "no target that is up" : string.Join(", ", Targets))}"
            + $"{(Sources.Count == 0 ? "" : $", only from {string.Join(", ", Sources)}")}"
            + $"{(TakesIPv4 && TakesIPv6 ? "" : TakesIPv4 ? ", IPv4 only" : ", IPv6 only")}";

    /// <summary>Who holds it, in a sentence: <c>portolan 4242</c>. Hostile text.</summary>
    public string HeldBy => Processes is [var process, ..]
        ? $"{process.ShownName}{(process.Name.Length > 0 ? $" {process.Pid}" : "")}"
        : "a hidden process";
}
