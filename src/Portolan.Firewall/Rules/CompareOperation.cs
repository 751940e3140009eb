namespace Portolan.Firewall.Rules;

/// <summary>Comparisons (NFT_CMP_*).</summary>
public enum CompareOperation : uint
{
    /// <summary>=.</summary>
    Equal = 0,

    /// <summary>!=.</summary>
    NotEqual = 1,

    /// <summary>&lt;.</summary>
    Less = 2,

    /// <summary>&lt;=.</summary>
    LessOrEqual = 3,

    /// <summary>>.</summary>
    Greater = 4,

    /// <summary>>=.</summary>
    GreaterOrEqual = 5,
}
