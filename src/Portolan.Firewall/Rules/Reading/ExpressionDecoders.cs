using Portolan.Firewall.Rules.Reading.Decoders;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>The table of all decoders: an expression is named here once.</summary>
internal static class ExpressionDecoders
{
    /// <summary>All decoders.</summary>
    internal static ExpressionDecoder[] All() =>
    [
        BitwiseDecoder.Decoder,
        ByteOrderDecoder.Decoder,
        CompareDecoder.Decoder,
        ConnectionLimitDecoder.Decoder,
        ConnectionTrackingDecoder.Decoder,
        CounterDecoder.Decoder,
        DuplicateDecoder.Decoder,
        DynamicSetDecoder.Decoder,
        ExtensionHeaderDecoder.Decoder,
        FibDecoder.Decoder,
        FlowOffloadDecoder.Decoder,
        ForwardDecoder.Decoder,
        HashDecoder.Decoder,
        ImmediateDecoder.Decoder,
        LastDecoder.Decoder,
        LimitDecoder.Decoder,
        LogDecoder.Decoder,
        LookupDecoder.Decoder,
        MasqueradeDecoder.Decoder,
        MetaDecoder.Decoder,
        NatDecoder.Decoder,
        NoTrackDecoder.Decoder,
        NumberGeneratorDecoder.Decoder,
        ObjectReferenceDecoder.Decoder,
        OsFingerprintDecoder.Decoder,
        PayloadDecoder.Decoder,
        QueueDecoder.Decoder,
        QuotaDecoder.Decoder,
        RangeDecoder.Decoder,
        RedirectDecoder.Decoder,
        RejectDecoder.Decoder,
        RoutingDecoder.Decoder,
        SocketDecoder.Decoder,
        SynProxyDecoder.Decoder,
        TransparentProxyDecoder.Decoder,
        XfrmDecoder.Decoder,
        XtMatchDecoder.Decoder,
        XtTargetDecoder.Decoder,
    ];
}
