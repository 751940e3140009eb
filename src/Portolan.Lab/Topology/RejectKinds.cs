namespace Portolan.Lab.Topology;

/// <summary>The words of <see cref="RejectKind"/>, as nftables has them.</summary>
public static class RejectKinds
{
    /// <summary>The word.</summary>
    public static string Name(this RejectKind kind) => kind switch
    {
        RejectKind.PortUnreachable => "port-unreachable",
        RejectKind.HostUnreachable => "host-unreachable",
        RejectKind.NetworkUnreachable => "net-unreachable",
        RejectKind.ProtocolUnreachable => "prot-unreachable",
        RejectKind.NetworkProhibited => "net-prohibited",
        RejectKind.HostProhibited => "host-prohibited",
        RejectKind.AdminProhibited => "admin-prohibited",
        _ => "tcp-reset",
    };
}
