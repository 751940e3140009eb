namespace Portolan.Model.Registry;

/// <summary>What IANA says of a port with a protocol (RFC 6335 section 6). Ordered: of two statements the larger one counts.</summary>
public enum ServiceStatus : byte
{
    /// <summary>In no record, or released: IANA may assign it. Dynamic ports are always here, because IANA never assigns them.</summary>
    Unassigned = 0,

    /// <summary>Kept back: the edge of a category, the other protocol of an assigned port, or taken from its former holder.</summary>
    Reserved = 1,

    /// <summary>Assigned to a service, or (seven old ports such as 24) to "any private" service without a name.</summary>
    Assigned = 2,
}

/// <summary>The names of the statuses in the machine formats.</summary>
public static class ServiceStatusNames
{
    /// <summary><c>assigned</c>, <c>reserved</c> or <c>unassigned</c>.</summary>
    public static string Name(this ServiceStatus status) => status switch
    {
        ServiceStatus.Unassigned => "unassigned",
        ServiceStatus.Reserved => "reserved",
        ServiceStatus.Assigned => "assigned",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, message: null),
    };
}
