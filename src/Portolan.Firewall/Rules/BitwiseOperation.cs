namespace Portolan.Firewall.Rules;

/// <summary>Operations on bits (NFT_BITWISE_*).</summary>
public enum BitwiseOperation : uint
{
    /// <summary>And a mask, then exclusive or.</summary>
    MaskXor = 0,

    /// <summary>Shift left.</summary>
    LeftShift = 1,

    /// <summary>Shift right.</summary>
    RightShift = 2,

    /// <summary>And of two operands.</summary>
    And = 3,

    /// <summary>Or of two operands.</summary>
    Or = 4,

    /// <summary>Exclusive or of two operands.</summary>
    Xor = 5,
}
