using Portolan.Model;

namespace Portolan.Scan.Identification;

/// <summary>Collects the open ports of a host that tell whether it looks like a printer, which prints what it does not know.</summary>
public struct PrinterSigns
{
    private bool _speaksLpd;
    private bool _printsRaw;
    private bool _hasShell;

    /// <summary>
    /// Whether it looks like one. Raw printing has the port of a well-known exporter of metrics, so a host with a shell is none.
    /// </summary>
    public readonly bool AreOfPrinter => _speaksLpd || (_printsRaw && !_hasShell);

    /// <summary>Adds an open port.</summary>
    public void Add(TransportProtocol protocol, PortNumber port)
    {
        if (protocol == TransportProtocol.Tcp)
        {
            _speaksLpd |= port.Value == 515;
            _printsRaw |= port.Value is >= 9100 and <= 9107;
            _hasShell |= port.Value == 22;
        }
    }
}
