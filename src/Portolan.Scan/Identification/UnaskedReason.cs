namespace Portolan.Scan.Identification;

/// <summary>Why nothing is sent to a port (<see cref="ServiceOutcome.NotAsked"/>), in words for people.</summary>
internal static class UnaskedReason
{
    /// <summary>What is sent to the port itself would be printed.</summary>
    public const string PrinterPort = "printer port";

    /// <summary>The reason for a port.</summary>
    public static string Of(ServiceTarget target, IdentifySettings settings) =>
        target.Protocol == Model.TransportProtocol.Tcp && !settings.MayAsk(target.Port) ? PrinterPort
        : target.PrinterPort is { } sign && !settings.AllPorts ? $"host may be a printer: port {sign} is open"
        : "no question of this intensity fits the port";
}
