namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Ports of the bridge that a bridged packet goes through (linux/netfilter/xt_physdev.h). A packet that is not bridged matches only
/// inverted tests.
/// </summary>
/// <param name="Tests">What is tested.</param>
/// <param name="Inverted">Which of the tests must not hold.</param>
/// <param name="Input">The port it arrived on.</param>
/// <param name="Output">The port it leaves by.</param>
public sealed record PhysicalDeviceMatch(
    PhysicalDeviceTests Tests,
    PhysicalDeviceTests Inverted,
    InterfacePattern Input,
    InterfacePattern Output) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("physdev", 0, 0, Decode)];

    private static PhysicalDeviceMatch? Decode(XtPayload payload)
    {
        const int Size = 66;
        if (!payload.Has(Size))
        {
            return null;
        }

        var bytes = payload.Bytes.Span;
        var inverted = (PhysicalDeviceTests)payload.Byte(64);
        return InterfacePattern.Read(bytes, bytes[16..], (inverted & PhysicalDeviceTests.Input) != 0) is { } input
            && InterfacePattern.Read(bytes[32..], bytes[48..], (inverted & PhysicalDeviceTests.Output) != 0) is { } output
            ? new PhysicalDeviceMatch((PhysicalDeviceTests)payload.Byte(65), inverted, input, output)
            : null;
    }
}

/// <summary>What is tested of bridge ports (XT_PHYSDEV_OP_*).</summary>
[Flags]
public enum PhysicalDeviceTests : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The name of the port it arrived on.</summary>
    Input = 1,

    /// <summary>The name of the port it leaves by.</summary>
    Output = 2,

    /// <summary>Whether it is bridged and not routed.</summary>
    IsBridged = 4,

    /// <summary>Whether it arrived on a port.</summary>
    IsIn = 8,

    /// <summary>Whether it leaves by a port.</summary>
    IsOut = 16,
}
