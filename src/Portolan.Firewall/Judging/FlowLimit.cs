using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging;

/// <summary>A limit up to which a verdict holds. Packets beyond it meet another one.</summary>
/// <param name="Rule">The rule that sets it.</param>
/// <param name="Measure">What it counts, and how much of that.</param>
/// <param name="Sharing">Who counts against it together.</param>
public sealed record FlowLimit(RuleReference Rule, LimitMeasure Measure, LimitSharing Sharing)
{
    /// <summary>
    /// Whom it counts together, where <see cref="Sharing"/> is <see cref="LimitSharing.Network"/> or <see cref="LimitSharing.Other"/>:
    /// <c>each /24 of senders</c>.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>Whether it counts but one packet of a connection, its first: then so many connections are let through.</summary>
    public bool IsOfConnections { get; init; }

    /// <summary>The list that a packet must be added to, to count; <c>null</c> where each counts that meets the rule.</summary>
    internal ElementSet? List { get; init; }

    /// <summary>How much, in words that follow "up to": <c>3 packets a minute</c>, <c>500 connections at once</c>.</summary>
    public string Amount => Measure.Text(IsOfConnections);

    /// <summary>The same in a table's cell, where it goes without saying that all senders share it.</summary>
    public string Brief => Sharing == LimitSharing.AllSenders ? $"up to {Amount}" : Text;

    /// <summary>The limit as it reads: <c>up to 3 packets a minute, shared by all senders</c>.</summary>
    public string Text => $"up to {Amount}, {Sharing switch
    {
        LimitSharing.AllSenders => "shared by all senders",
        LimitSharing.EachSender => "each sender",
        _ => Group,
    }}";
}

/// <summary>A limit that an ordinary exchange uses up.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Fewest">How many packets, or bytes, an exchange takes of it at least.</param>
/// <param name="Most">How many at most.</param>
public sealed record SpentLimit(FlowLimit Limit, double Fewest, double Most);

/// <summary>Who shares a limit.</summary>
public enum LimitSharing
{
    /// <summary>One count for all senders.</summary>
    AllSenders,

    /// <summary>A count for each source address.</summary>
    EachSender,

    /// <summary>A count for each network of senders.</summary>
    Network,

    /// <summary>A count for each of something else.</summary>
    Other,
}
