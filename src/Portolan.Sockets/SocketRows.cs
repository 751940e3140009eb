namespace Portolan.Sockets;

/// <summary>Which sockets of a table are shown, in which order.</summary>
/// <param name="Count">How many.</param>
/// <param name="Order">Their positions in the table, or <c>null</c> for the first <paramref name="Count"/> as they stand.</param>
public readonly record struct SocketRows(int Count, int[]? Order)
{
    /// <summary>Position in the table of a row.</summary>
    public int this[int row] => Order is { } order ? order[row] : row;

    /// <summary>The positions of all rows.</summary>
    public int[] Positions()
    {
        var positions = new int[Count];
        for (var row = 0; row < positions.Length; row++)
        {
            positions[row] = this[row];
        }

        return positions;
    }
}
