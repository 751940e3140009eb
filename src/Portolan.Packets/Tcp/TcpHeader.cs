using Portolan.Model;

namespace Portolan.Packets;

/// <summary>What <see cref="TcpWriter"/> writes into a header.</summary>
/// <param name="SourcePort">The sender's port.</param>
/// <param name="DestinationPort">The receiver's port.</param>
/// <param name="Sequence">SEQ.</param>
/// <param name="Acknowledgment">ACK.</param>
/// <param name="Flags">The control bits.</param>
/// <param name="Window">The window field, unscaled.</param>
/// <param name="UrgentPointer">Where urgent data ends.</param>
/// <param name="AccurateEcn">The bit AE beside the flags (RFC 9768 section 3.1), once the nonce sum.</param>
public readonly record struct TcpHeader(
    PortNumber SourcePort,
    PortNumber DestinationPort,
    uint Sequence,
    uint Acknowledgment,
    TcpFlags Flags,
    ushort Window,
    ushort UrgentPointer = 0,
    bool AccurateEcn = false);
