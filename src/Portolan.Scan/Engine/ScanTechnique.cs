namespace Portolan.Scan.Engine;

/// <summary>How TCP ports are probed.</summary>
public enum TcpTechnique : byte
{
    /// <summary>TCP ports are not scanned.</summary>
    None,

    /// <summary><c>-sS</c>.</summary>
    Syn,

    /// <summary><c>-sT</c>.</summary>
    Connect,

    /// <summary><c>-sA</c>.</summary>
    Ack,

    /// <summary><c>-sN</c>.</summary>
    Null,

    /// <summary><c>-sF</c>.</summary>
    Fin,

    /// <summary><c>-sX</c>.</summary>
    Xmas,
}
